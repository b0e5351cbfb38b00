import Wire

extension WireReader {
  /// Reads the canonical text of a packet form.
  mutating func packetForm(_ field: Int) throws(WireError) -> PacketForm {
    let text = try string(field, maximumByteCount: UpdateLimits.formBytesLimit)
    do {
      return try PacketForm(parsing: text)
    } catch {
      throw fault(.invalidValue, field: field, error.description)
    }
  }

  /// Reads a count of parameters within the limits.
  mutating func parameterCount(_ field: Int) throws(WireError) -> UInt64 {
    let count = try uint64(field, maximum: UInt64(UpdateLimits.parameterCountLimit))
    guard count > 0 else {
      throw fault(.missingField, field: field, UpdateError.parameterCountOutOfRange(0).description)
    }
    return count
  }

  /// Reads a payload and validates it.
  mutating func payload(
    _ field: Int, form: PacketForm, parameterCount: UInt64
  ) throws(WireError) -> Payload {
    let bytes = try bytes(field, maximumCount: UpdateLimits.payloadBytesLimit)
    do {
      return try Payload(validating: bytes, form: form, parameterCount: Int(parameterCount))
    } catch {
      throw fault(.invalidValue, field: field, error.description)
    }
  }
}
