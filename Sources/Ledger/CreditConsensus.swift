import Attribution

/// How the credit rows of a version are reduced: by weighted median, then scaled to the agreed loss
/// drop.
enum CreditConsensus {
  /// Reduces the rows of the validators that attested, which are within limits.
  ///
  /// Medians of rows need not sum to the median loss drop, so the credits are scaled to it, unless the two
  /// differ by more than a factor of two or in sign: then the loss went nearly nowhere, and scaling would
  /// only blow up noise.
  ///
  /// - Returns: credits for `count` entries, and losses, all in units of 2^-32; integers throughout
  static func reduce(_ rows: [(row: CreditRow, weight: UInt64)], count: Int) -> CreditRow {
    func median(_ value: (CreditRow) -> Int64) -> Int64 {
      WeightedVote.median(rows.map { (value: value($0.row), weight: $0.weight) }) ?? 0
    }
    let before = median(\.lossBefore)
    let drop = median(\.lossDrop)
    let credits = (0..<count).map { index in median { $0.credits[index] } }
    return CreditRow(credits: scaled(credits, to: drop), lossBefore: before, lossAfter: before - drop)
  }

  /// Whether all numbers of a row are ones that a measurement can give, and so small that nothing below
  /// overflows.
  static func isWithinLimits(_ row: CreditRow) -> Bool {
    let limit = Limits.lossUnits.magnitude
    return row.lossBefore.magnitude <= limit && row.lossAfter.magnitude <= limit
      && row.credits.allSatisfy { $0.magnitude <= limit }
  }

  private static func scaled(_ credits: [Int64], to drop: Int64) -> [Int64] {
    let sum = credits.reduce(Int128(0)) { $0 + Int128($1) }
    guard sum > 0, drop > 0, Int128(drop) <= 2 * sum, sum <= 2 * Int128(drop) else { return credits }
    return credits.map { Int64(clamping: Int128($0) * Int128(drop) / sum) }
  }
}
