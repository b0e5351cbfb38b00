public import Wire

/// Names an update before anyone can see it, so that whoever copies it comes later.
public struct Commitment: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The version that the update starts from.
  public let baseVersion: UInt64
  /// Grows with every commitment of the signer to the task; from 1.
  public let sequence: UInt64
  /// The digest of the packet, as uploaded.
  public let packet: Digest
  /// The digest of the content key that a sealed packet opens with; zero for a plain one.
  public let keyDigest: Digest
  /// The validators that a sealed packet is sealed to: those in force. Zero for a plain one.
  public let epoch: UInt64

  /// Creates the message.
  public init(
    network: Digest, task: Digest, baseVersion: UInt64, sequence: UInt64, packet: Digest,
    keyDigest: Digest = .zero, epoch: UInt64 = 0
  ) {
    self.network = network
    self.task = task
    self.baseVersion = baseVersion
    self.sequence = sequence
    self.packet = packet
    self.keyDigest = keyDigest
    self.epoch = epoch
  }
}

extension Commitment: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "Commitment"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.uint64(baseVersion, field: 3)
    writer.uint64(sequence, field: 4)
    writer.digest(packet, field: 5)
    writer.digest(keyDigest, field: 6)
    writer.uint64(epoch, field: 7)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    baseVersion = try reader.uint64(3)
    sequence = try reader.uint64(4)
    packet = try reader.digest(5)
    keyDigest = try reader.digest(6)
    epoch = try reader.uint64(7)
  }
}

/// Says that the packet of an earlier commitment of the signer is in the blob store.
public struct Submission: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The digest of the packet.
  public let packet: Digest

  /// Creates the message.
  public init(network: Digest, task: Digest, packet: Digest) {
    self.network = network
    self.task = task
    self.packet = packet
  }
}

extension Submission: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "Submission"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.digest(packet, field: 3)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    packet = try reader.digest(3)
  }
}

/// Binds a validator to a secret before the window closes.
public struct SeedCommitment: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The window: the version that it starts from.
  public let window: UInt64
  /// `SeedReveal.commitment(to:)` of the secret.
  public let commitment: Digest

  /// Creates the message.
  public init(network: Digest, task: Digest, window: UInt64, commitment: Digest) {
    self.network = network
    self.task = task
    self.window = window
    self.commitment = commitment
  }
}

extension SeedCommitment: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "SeedCommitment"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.uint64(window, field: 3)
    writer.digest(commitment, field: 4)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    window = try reader.uint64(3)
    commitment = try reader.digest(4)
  }
}

/// Reveals the secret after the window closed.
public struct SeedReveal: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The window: the version that it starts from.
  public let window: UInt64
  /// The 32 secret bytes.
  public let secret: Digest

  /// Creates the message.
  public init(network: Digest, task: Digest, window: UInt64, secret: Digest) {
    self.network = network
    self.task = task
    self.window = window
    self.secret = secret
  }
}

extension SeedReveal: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "SeedReveal"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.uint64(window, field: 3)
    writer.digest(secret, field: 4)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    window = try reader.uint64(3)
    secret = try reader.digest(4)
  }
}

extension SeedReveal {
  private static let commitmentDomain = HashDomain("trib.seed.commit")

  /// What a validator commits to before the window closes.
  public static func commitment(to secret: Digest) -> Digest {
    Digest(of: secret.bytes, in: commitmentDomain)
  }
}
