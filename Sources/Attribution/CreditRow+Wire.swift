import Aggregation
public import Wire

extension CreditRow: WireMessage {
  private static let domain = HashDomain("trib.credits")

  /// The name in the schema.
  public static let wireName = "CreditRow"

  /// The digest by which an attestation names its row.
  public var digest: Digest { Digest(of: wireBytes, in: Self.domain) }

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.packedSigned(credits, field: 1)
    writer.sint64(lossBefore, field: 2)
    writer.sint64(lossAfter, field: 3)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    let credits = try reader.packedSigned(1, maximumCount: AggregationLimits.windowSize)
    self.init(credits: credits, lossBefore: try reader.sint64(2), lossAfter: try reader.sint64(3))
  }
}
