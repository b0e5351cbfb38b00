public import Wire

/// Moves units from the signer to another account.
public struct Transfer: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// How many account transactions the signer has made before.
  public let nonce: UInt64
  /// Who receives.
  public let recipient: PublicKey
  /// How many units.
  public let units: UInt64

  /// Creates the message.
  public init(network: Digest, nonce: UInt64, recipient: PublicKey, units: UInt64) {
    self.network = network
    self.nonce = nonce
    self.recipient = recipient
    self.units = units
  }
}

extension Transfer: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "Transfer"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.uint64(nonce, field: 2)
    writer.publicKey(recipient, field: 3)
    writer.uint64(units, field: 4)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    nonce = try reader.uint64(2)
    recipient = try reader.publicKey(3)
    units = try reader.uint64(4, maximum: Limits.supplyUnits)
  }
}

/// Takes units of the signer out of the network.
public struct Withdrawal: Sendable, Hashable {
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

extension Withdrawal: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "Withdrawal"

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

/// Makes the signer a contributor: moves the bond that the genesis asks for from its balance.
public struct Registration: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// How many account transactions the signer has made before.
  public let nonce: UInt64

  /// Creates the message.
  public init(network: Digest, nonce: UInt64) {
    self.network = network
    self.nonce = nonce
  }
}

extension Registration: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "Registration"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.uint64(nonce, field: 2)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    nonce = try reader.uint64(2)
  }
}

/// Ends the signer's part as a contributor and gives the bond back.
public struct Release: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// How many account transactions the signer has made before.
  public let nonce: UInt64

  /// Creates the message.
  public init(network: Digest, nonce: UInt64) {
    self.network = network
    self.nonce = nonce
  }
}

extension Release: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "Release"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.uint64(nonce, field: 2)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    nonce = try reader.uint64(2)
  }
}

/// Opens a task. The envelope's identifier becomes the task's.
public struct TaskCreation: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// How many account transactions the signer has made before.
  public let nonce: UInt64
  /// What is to be trained, and how.
  public let specification: TaskSpecification
  /// Units moved from the signer into the task's escrow.
  public let escrowUnits: UInt64

  /// Creates the message.
  public init(network: Digest, nonce: UInt64, specification: TaskSpecification, escrowUnits: UInt64) {
    self.network = network
    self.nonce = nonce
    self.specification = specification
    self.escrowUnits = escrowUnits
  }
}

extension TaskCreation: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "TaskCreation"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.uint64(nonce, field: 2)
    writer.message(specification, field: 3)
    writer.uint64(escrowUnits, field: 4)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    nonce = try reader.uint64(2)
    specification = try reader.message(3)
    escrowUnits = try reader.uint64(4, maximum: Limits.supplyUnits)
  }
}

/// Adds units of the signer to a task's escrow.
public struct TaskFunding: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// How many account transactions the signer has made before.
  public let nonce: UInt64
  /// The task.
  public let task: Digest
  /// How many units.
  public let units: UInt64

  /// Creates the message.
  public init(network: Digest, nonce: UInt64, task: Digest, units: UInt64) {
    self.network = network
    self.nonce = nonce
    self.task = task
    self.units = units
  }
}

extension TaskFunding: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "TaskFunding"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.uint64(nonce, field: 2)
    writer.digest(task, field: 3)
    writer.uint64(units, field: 4)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    nonce = try reader.uint64(2)
    task = try reader.digest(3)
    units = try reader.uint64(4, maximum: Limits.supplyUnits)
  }
}
