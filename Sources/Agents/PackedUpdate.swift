public import Ledger
public import Updates
public import Wire

/// An update as its contributor sends it: first the commitment, then the packet with its submission.
public struct PackedUpdate: Sendable, Hashable {
  /// The packet's bytes as they are uploaded: sealed, if the task's are.
  public let packet: [UInt8]
  /// Names the packet before anyone can see it.
  public let commitment: Envelope
  /// Says that the packet is stored.
  public let submission: Envelope

  /// Puts together what was packed before.
  public init(packet: [UInt8], commitment: Envelope, submission: Envelope) {
    self.packet = packet
    self.commitment = commitment
    self.submission = submission
  }

  /// Packs, seals and signs an update.
  ///
  /// - Parameters:
  ///   - payload: the compressed difference
  ///   - base: the version that it starts from
  ///   - sequence: greater than that of any commitment of the key to the task before
  ///   - seal: the task's
  ///   - validators: those in force
  ///   - key: the contributor's
  public init(
    _ payload: Payload, base: UInt64, sequence: UInt64, under seal: PacketSeal, to validators: ValidatorSet,
    by key: SigningKey
  ) {
    let packet = Packet(
      task: seal.task, baseVersion: base, contributor: key.publicKey, sequence: sequence, payload: payload)
    self.init(
      wrapping: packet.wireBytes, base: base, sequence: sequence, under: seal, to: validators, by: key)
  }

  /// Seals and signs bytes for a packet, whatever they are.
  public init(
    wrapping bytes: [UInt8], base: UInt64, sequence: UInt64, under seal: PacketSeal,
    to validators: ValidatorSet, by key: SigningKey
  ) {
    let sealed = seal.seal(bytes, by: key, to: seal.recipients(validators))
    packet = sealed.blob
    let digest = Packet.digest(of: packet)
    commitment = Transaction.commitment(
      Commitment(
        network: seal.network, task: seal.task, baseVersion: base, sequence: sequence, packet: digest,
        keyDigest: sealed.keyDigest, epoch: seal.epoch(of: validators))
    ).signed(by: key)
    submission = Transaction.submission(Submission(network: seal.network, task: seal.task, packet: digest))
      .signed(by: key)
  }
}

extension PackedUpdate: WireMessage {
  /// The name in the schema.
  public static let wireName = "PackedUpdate"

  static let packetBytesLimit =
    UpdateLimits.messageBytesLimit + SealedBlob.overheadBytes(recipients: Limits.validators)

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.bytes(packet, field: 1)
    writer.message(commitment, field: 2)
    writer.message(submission, field: 3)
  }

  /// Reads the fields. What the envelopes hold is for whoever receives them to check.
  public init(from reader: inout WireReader) throws(WireError) {
    packet = try reader.bytes(1, maximumCount: Self.packetBytesLimit)
    commitment = try reader.message(2, maximumByteCount: Envelope.bytesLimit)
    submission = try reader.message(3, maximumByteCount: Envelope.bytesLimit)
  }
}
