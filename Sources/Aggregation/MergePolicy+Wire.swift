import Updates
public import Wire

extension MergePolicy: WireMessage {
  /// The name in the schema.
  public static let wireName = "MergePolicy"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.uint64(UInt64(rule.rawValue), field: 1)
    writer.uint64(UInt64(windowSize), field: 2)
    writer.uint64(UInt64(maximumStaleness), field: 3)
    writer.uint64(UInt64(updatesPerContributorPerWindow), field: 4)
    writer.uint64(UInt64(serverLearningRateQ16), field: 5)
    writer.string(upForm.description, field: 6)
    writer.string(downForm.description, field: 7)
    writer.uint64(UInt64(residualDecayQ16), field: 8)
    writer.uint64(UInt64(clipMultipleQ8), field: 9)
    writer.uint64(UInt64(copyCosineQ16), field: 10)
    writer.uint64(UInt64(toleratedBasisPoints), field: 11)
    writer.uint64(UInt64(committeeSeats), field: 12)
  }

  /// Reads the fields, each of which must be in its range.
  public init(from reader: inout WireReader) throws(WireError) {
    let code = try reader.uint64(1, maximum: UInt64(UInt8.max))
    guard let rule = Rule(rawValue: UInt8(code)) else {
      throw reader.fault(.invalidValue, field: 1, "there is no merge rule \(code)")
    }
    let policy = MergePolicy(
      rule: rule, windowSize: try reader.uint32(2), maximumStaleness: try reader.uint32(3),
      updatesPerContributorPerWindow: try reader.uint32(4), serverLearningRateQ16: try reader.uint32(5),
      upForm: try reader.form(6), downForm: try reader.form(7), residualDecayQ16: try reader.uint32(8),
      clipMultipleQ8: try reader.uint32(9), copyCosineQ16: try reader.uint32(10),
      toleratedBasisPoints: try reader.uint32(11), committeeSeats: try reader.uint32(12))
    do {
      self = try policy.validated()
    } catch {
      throw reader.fault(.invalidValue, field: 0, error.description)
    }
  }
}

extension WireReader {
  fileprivate mutating func uint32(_ field: Int) throws(WireError) -> UInt32 {
    UInt32(try uint64(field, maximum: UInt64(UInt32.max)))
  }

  fileprivate mutating func form(_ field: Int) throws(WireError) -> PacketForm {
    let text = try string(field, maximumByteCount: UpdateLimits.formBytesLimit)
    do {
      return try PacketForm(parsing: text)
    } catch {
      throw fault(.invalidValue, field: field, error.description)
    }
  }
}
