import Ledger
public import Updates
public import Wire

/// An update as its contributor sends it: first the commitment, then the packet with its submission.
public struct PackedUpdate: Sendable, Hashable {
  /// The packet's bytes.
  public let packet: [UInt8]
  /// Names the packet before anyone can see it.
  public let commitment: Envelope
  /// Says that the packet is stored.
  public let submission: Envelope

  /// Packs and signs an update.
  ///
  /// - Parameters:
  ///   - payload: the compressed difference
  ///   - base: the version that it starts from
  ///   - sequence: greater than that of any commitment of the key to the task before
  ///   - task: the task's identifier
  ///   - network: the network's identifier
  ///   - key: the contributor's
  public init(
    _ payload: Payload, base: UInt64, sequence: UInt64, of task: Digest, in network: Digest,
    by key: SigningKey
  ) {
    packet =
      Packet(
        task: task, baseVersion: base, contributor: key.publicKey, sequence: sequence, payload: payload
      ).wireBytes
    let digest = Packet.digest(of: packet)
    commitment = Transaction.commitment(
      Commitment(network: network, task: task, baseVersion: base, sequence: sequence, packet: digest)
    ).signed(by: key)
    submission = Transaction.submission(Submission(network: network, task: task, packet: digest))
      .signed(by: key)
  }
}

extension PackedUpdate: WireMessage {
  /// The name in the schema.
  public static let wireName = "PackedUpdate"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.bytes(packet, field: 1)
    writer.message(commitment, field: 2)
    writer.message(submission, field: 3)
  }

  /// Reads the fields. What the envelopes hold is for whoever receives them to check.
  public init(from reader: inout WireReader) throws(WireError) {
    packet = try reader.bytes(1, maximumCount: UpdateLimits.messageBytesLimit)
    commitment = try reader.message(2, maximumByteCount: Envelope.bytesLimit)
    submission = try reader.message(3, maximumByteCount: Envelope.bytesLimit)
  }
}
