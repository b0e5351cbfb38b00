public import Wire

extension Payload: WireMessage {
  /// The name in the schema.
  public static let wireName = "Payload"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.string(form.description, field: 1)
    writer.uint64(UInt64(parameterCount), field: 2)
    writer.bytes(bytes, field: 3)
  }

  /// Reads the fields and validates the values.
  public init(from reader: inout WireReader) throws(WireError) {
    let form = try reader.packetForm(1)
    let parameterCount = try reader.parameterCount(2)
    self = try reader.payload(3, form: form, parameterCount: parameterCount)
  }
}
