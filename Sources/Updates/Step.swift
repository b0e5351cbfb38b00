public import Wire

/// A version on its way down: the compressed step from the version before, which every follower applies
/// alike.
public struct Step: Sendable, Hashable {
  /// The task whose model moves.
  public let task: Digest
  /// The version that the step arrives at, at least 1.
  public let version: UInt64
  /// The values to add to the weights of version - 1.
  public let payload: Payload

  /// Describes the step to a version.
  public init(task: Digest, version: UInt64, payload: Payload) {
    precondition(version > 0, "no step arrives at version 0")
    self.task = task
    self.version = version
    self.payload = payload
  }

  /// The digest of the step's encoding.
  public var digest: Digest { Digest(of: wireBytes, in: .blob) }
}

extension Step: WireMessage {
  /// The name in the schema.
  public static let wireName = "Step"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(task, field: 1)
    writer.uint64(version, field: 2)
    writer.string(payload.form.description, field: 3)
    writer.uint64(UInt64(payload.parameterCount), field: 4)
    writer.bytes(payload.bytes, field: 5)
  }

  /// Reads the fields and validates the payload.
  public init(from reader: inout WireReader) throws(WireError) {
    task = try reader.digest(1)
    version = try reader.uint64(2)
    guard version > 0 else { throw reader.fault(.invalidValue, field: 2, "no step arrives at version 0") }
    let form = try reader.packetForm(3)
    guard form.takesFeedback else {
      throw reader.fault(.invalidValue, field: 3, "a step's form takes error feedback, and \(form) does not")
    }
    let parameterCount = try reader.parameterCount(4)
    payload = try reader.payload(5, form: form, parameterCount: parameterCount)
  }
}
