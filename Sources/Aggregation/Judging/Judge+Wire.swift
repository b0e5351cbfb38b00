import Updates
public import Wire

// What a judge remembers over windows, as its validator keeps it on disk.
extension Judge: WireMessage {
  /// The name in the schema.
  public static let wireName = "JudgeMemory"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.messages(standings.sorted.map { KeptStanding(contributor: $0.contributor, $0.standing) }, field: 1)
    writer.messages(recentSteps, field: 2)
    writer.messages(recentUpdates, field: 3)
    writer.messages(recentContent.map { KeptContent(digests: $0.sorted()) }, field: 4)
    writer.messages(recentNorms.entries, field: 5)
  }

  /// Reads the fields, each list at most as long as a judge lets it grow.
  public init(from reader: inout WireReader) throws(WireError) {
    let kept = try reader.messages(
      1, as: KeptStanding.self, maximumCount: JudgingThresholds.standings)
    guard zip(kept, kept.dropFirst()).allSatisfy({ $0.contributor < $1.contributor }) else {
      throw reader.fault(.invalidValue, field: 1, "the contributors do not ascend")
    }
    self.init()
    standings = Standings(Dictionary(uniqueKeysWithValues: kept.map { ($0.contributor, $0.standing) }))
    recentSteps = try reader.messages(2, maximumCount: JudgingThresholds.recentSteps)
    recentUpdates = try reader.messages(3, maximumCount: JudgingThresholds.recentUpdates)
    recentContent = try reader.messages(
      4, as: KeptContent.self, maximumCount: JudgingThresholds.recentWindows
    ).map { Set($0.digests) }
    recentNorms = RecentNorms(try reader.messages(5, maximumCount: JudgingThresholds.recentNorms))
  }
}

extension RecentNorms.Entry: WireMessage {
  static let wireName = "RecentNorm"

  func encode(to writer: inout WireWriter) {
    writer.publicKey(contributor, field: 1)
    writer.uint64(norm.bitPattern, field: 2)
    writer.uint64(version, field: 3)
  }

  init(from reader: inout WireReader) throws(WireError) {
    let contributor = try reader.publicKey(1)
    let norm = Double(bitPattern: try reader.uint64(2))
    guard norm.isFinite, norm > 0 else {
      throw reader.fault(.invalidValue, field: 2, "a norm is above zero and finite")
    }
    self.init(contributor: contributor, norm: norm, version: try reader.uint64(3))
  }
}

/// A contributor's standing.
private struct KeptStanding: WireMessage {
  static let wireName = "Standing"
  private static let measures = [\TrustMeasures.fit, \.polarity, \.twin, \.group]

  let contributor: PublicKey
  let standing: Standing

  init(contributor: PublicKey, _ standing: Standing) {
    (self.contributor, self.standing) = (contributor, standing)
  }

  func encode(to writer: inout WireWriter) {
    writer.publicKey(contributor, field: 1)
    writer.uint64(UInt64(standing.count), field: 2)
    writer.packed(Self.measures.map { standing.measures[keyPath: $0].bitPattern }, field: 3)
    writer.uint64(standing.lastVersion, field: 4)
  }

  init(from reader: inout WireReader) throws(WireError) {
    contributor = try reader.publicKey(1)
    let count = try reader.uint64(2, maximum: UInt64(JudgingThresholds.averagedWindows))
    let values = try reader.packed(3, maximumCount: Self.measures.count).map(Double.init(bitPattern:))
    guard count > 0, values.count == Self.measures.count, values.allSatisfy(\.isFinite) else {
      throw reader.fault(
        .invalidValue, field: 3, "a standing averages \(Self.measures.count) finite measures")
    }
    var measures = TrustMeasures()
    for (measure, value) in zip(Self.measures, values) { measures[keyPath: measure] = value }
    standing = Standing(count: Int(count), measures: measures, lastVersion: try reader.uint64(4))
  }
}

/// The content that one window has admitted.
private struct KeptContent: WireMessage {
  static let wireName = "AdmittedContent"
  let digests: [Digest]

  init(digests: [Digest]) { self.digests = digests }

  func encode(to writer: inout WireWriter) { writer.digests(digests, field: 1) }

  init(from reader: inout WireReader) throws(WireError) {
    digests = try reader.digests(1, maximumCount: AggregationLimits.windowSize)
    guard zip(digests, digests.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw reader.fault(.invalidValue, field: 1, "the digests do not ascend")
    }
  }
}

extension RecentUpdate: WireMessage {
  static let wireName = "RecentUpdate"

  func encode(to writer: inout WireWriter) {
    writer.publicKey(contributor, field: 1)
    writer.message(payload, field: 2)
  }

  init(from reader: inout WireReader) throws(WireError) {
    contributor = try reader.publicKey(1)
    payload = try reader.message(2)
  }
}
