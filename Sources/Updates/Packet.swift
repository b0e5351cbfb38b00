public import Wire

/// What a packet is about: everything beside the values.
public struct PacketHeader: Sendable, Hashable {
  /// The task that the update is for.
  public let task: Digest
  /// The version of the model that the contributor started from.
  public let baseVersion: UInt64
  /// Who made the update.
  public let contributor: PublicKey
  /// The number of the contributor's packets for this task before this one.
  public let sequence: UInt64
  /// How the values are written.
  public let form: PacketForm
  /// The length of the flat vector.
  public let parameterCount: UInt64

  /// Describes a packet.
  public init(
    task: Digest, baseVersion: UInt64, contributor: PublicKey, sequence: UInt64, form: PacketForm,
    parameterCount: UInt64
  ) {
    self.task = task
    self.baseVersion = baseVersion
    self.contributor = contributor
    self.sequence = sequence
    self.form = form
    self.parameterCount = parameterCount
  }

  /// The rotation of values in a rotated form.
  public var rotation: Rotation {
    Rotation(task: task, contributor: contributor, baseVersion: baseVersion)
  }
}

/// An update on its way up: a header and the compressed difference to the version that the contributor
/// started from.
public struct Packet: Sendable, Hashable {
  /// What the packet is about.
  public let header: PacketHeader
  /// The values, valid for the header's form and length.
  public let payload: Payload

  /// Puts a payload under a header that names its form and length. One of a rotated form has the header's
  /// rotation.
  public init(
    task: Digest, baseVersion: UInt64, contributor: PublicKey, sequence: UInt64, payload: Payload
  ) {
    header = PacketHeader(
      task: task, baseVersion: baseVersion, contributor: contributor, sequence: sequence, form: payload.form,
      parameterCount: UInt64(payload.parameterCount))
    self.payload = payload
  }

  /// The update's name: the digest of the packet's encoding.
  public var digest: Digest { Self.digest(of: wireBytes) }

  /// The name of the update that these bytes encode, without decoding them.
  public static func digest(of wireBytes: [UInt8]) -> Digest {
    Digest(of: wireBytes, in: .blob)
  }
}

extension PacketHeader: WireMessage {
  /// The name in the schema.
  public static let wireName = "PacketHeader"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(task, field: 1)
    writer.uint64(baseVersion, field: 2)
    writer.publicKey(contributor, field: 3)
    writer.uint64(sequence, field: 4)
    writer.string(form.description, field: 5)
    writer.uint64(parameterCount, field: 6)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    task = try reader.digest(1)
    baseVersion = try reader.uint64(2)
    contributor = try reader.publicKey(3)
    sequence = try reader.uint64(4)
    form = try reader.packetForm(5)
    parameterCount = try reader.parameterCount(6)
  }
}

extension Packet: WireMessage {
  /// The name in the schema.
  public static let wireName = "Packet"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.message(header, field: 1)
    writer.bytes(payload.bytes, field: 2)
  }

  /// Reads the fields and validates the payload.
  public init(from reader: inout WireReader) throws(WireError) {
    header = try reader.message(1, maximumByteCount: UpdateLimits.headerBytesLimit)
    payload = try reader.payload(2, form: header.form, parameterCount: header.parameterCount)
    if let rotation = payload.rotation, rotation != header.rotation {
      throw reader.fault(.invalidValue, field: 2, "the payload's rotation is not the header's")
    }
  }
}
