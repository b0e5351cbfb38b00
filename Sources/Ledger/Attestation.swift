public import Attribution
public import Wire

/// What a validator signs for a version: its header, and the digest of the validator's credit row.
public struct Attestation: Sendable, Hashable {
  /// The version.
  public let header: VersionHeader
  /// The digest of the credit row that goes with it, so that certificates need not carry the row.
  public let credits: Digest

  /// Creates an attestation.
  public init(header: VersionHeader, credits: Digest) {
    self.header = header
    self.credits = credits
  }

  /// Signs the attestation.
  public func signed(by key: SigningKey) -> Envelope {
    Envelope(kind: Transaction.Kind.attestation.rawValue, body: wireBytes, signedBy: key)
  }

  /// Decodes an attestation's envelope and checks its signature.
  public init(opening envelope: Envelope) throws(WireError) {
    guard envelope.kind == Transaction.Kind.attestation.rawValue else {
      throw WireError(
        .invalidValue, subject: Self.wireName,
        detail: "an envelope of kind \(envelope.kind) holds no attestation")
    }
    try envelope.checkSignature()
    try self.init(wireBytes: envelope.body, limit: Envelope.bodyBytesLimit)
  }
}

extension Attestation: NetworkMessage {
  /// The network.
  public var network: Digest { header.network }
  /// The name in the schema.
  public static let wireName = "Attestation"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.message(header, field: 1)
    writer.digest(credits, field: 2)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    header = try reader.message(1)
    credits = try reader.digest(2)
  }
}

/// An attestation with the credit row that it names.
public struct CreditedAttestation: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// The signed attestation.
  public let attestation: Envelope
  /// The validator's credits for the merge plan's entries.
  public let credits: CreditRow

  /// Creates the pair.
  public init(network: Digest, attestation: Envelope, credits: CreditRow) {
    self.network = network
    self.attestation = attestation
    self.credits = credits
  }
}

extension CreditedAttestation: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "CreditedAttestation"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.message(attestation, field: 2)
    writer.message(credits, field: 3)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    attestation = try reader.message(2)
    credits = try reader.message(3)
  }
}

/// Two attestations by one validator for one version of one task whose headers differ: it signed twice.
public struct Evidence: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// One attestation.
  public let first: Envelope
  /// The other.
  public let second: Envelope

  /// Creates evidence.
  public init(network: Digest, first: Envelope, second: Envelope) {
    self.network = network
    self.first = first
    self.second = second
  }

  /// Whose double signature this proves; nil if it proves none.
  public var offender: PublicKey? {
    guard first.signer == second.signer,
      let one = try? Attestation(opening: first), let other = try? Attestation(opening: second),
      one.network == network, other.network == network,
      one.header.task == other.header.task, one.header.version == other.header.version,
      one.header != other.header
    else { return nil }
    return first.signer
  }
}

extension Evidence: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "Evidence"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.message(first, field: 2)
    writer.message(second, field: 3)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    first = try reader.message(2)
    second = try reader.message(3)
  }
}
