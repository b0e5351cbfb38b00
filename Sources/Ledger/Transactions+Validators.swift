public import Wire

/// Moves units of the signer's balance into its bond as a validator: it joins the candidates, or adds to its
/// stake. The stake counts from the next set of validators on.
public struct ValidatorBond: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// How many account transactions the signer has made before.
  public let nonce: UInt64
  /// How many units.
  public let units: UInt64

  /// Creates the message.
  public init(network: Digest, nonce: UInt64, units: UInt64) {
    self.network = network
    self.nonce = nonce
    self.units = units
  }
}

extension ValidatorBond: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "ValidatorBond"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.uint64(nonce, field: 2)
    writer.uint64(units, field: 3)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    nonce = try reader.uint64(2)
    units = try reader.uint64(3, maximum: Limits.supplyUnits)
  }
}

/// Takes units out of the signer's stake, or all of it, from the next set of validators on. They go back to
/// the balance once no set that counts them has anything left to finish.
public struct ValidatorUnbond: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// How many account transactions the signer has made before.
  public let nonce: UInt64
  /// How many units.
  public let units: UInt64

  /// Creates the message.
  public init(network: Digest, nonce: UInt64, units: UInt64) {
    self.network = network
    self.nonce = nonce
    self.units = units
  }
}

extension ValidatorUnbond: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "ValidatorUnbond"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.uint64(nonce, field: 2)
    writer.uint64(units, field: 3)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    nonce = try reader.uint64(2)
    units = try reader.uint64(3, maximum: Limits.supplyUnits)
  }
}
