import Numerics
import Updates
public import Wire

extension ModelState: WireMessage {
  /// The name in the schema.
  public static let wireName = "ModelState"
  /// The greatest length of an encoded state in bytes.
  public static let bytesLimit = 2 * valuesBytesLimit + UpdateLimits.headerBytesLimit

  private static let valuesBytesLimit = 4 * UpdateLimits.parameterCountLimit

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(model.task, field: 1)
    writer.uint64(model.number, field: 2)
    writer.bytes(Kernels.littleEndianBytes(of: model.weights[...]), field: 3)
    writer.bytes(Kernels.littleEndianBytes(of: feedback.residual[...]), field: 4)
  }

  /// Reads the fields: as many finite weights as residuals, each in its range.
  public init(from reader: inout WireReader) throws(WireError) {
    let task = try reader.digest(1)
    let number = try reader.uint64(2)
    let weights = try reader.bytes(3, maximumCount: Self.valuesBytesLimit)
    let residual = try reader.bytes(4, maximumCount: Self.valuesBytesLimit)
    guard weights.count.isMultiple(of: 4), residual.count == weights.count else {
      throw reader.fault(
        .invalidValue, field: 4, "weights and residual are four bytes a parameter, for the same parameters")
    }
    do {
      try self.init(
        model: ModelVersion(
          task: task, number: number, weights: Kernels.floats(ofLittleEndian: weights)),
        residual: Kernels.integers(ofLittleEndian: residual))
    } catch {
      throw reader.fault(.invalidValue, field: 3, error.description)
    }
  }
}
