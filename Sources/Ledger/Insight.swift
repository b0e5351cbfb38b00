import Wire

/// How much a validator's rows tell of a task's updates that the log did not tell anybody before.
///
/// Agreement alone pays whoever admits everything, and whoever repeats what was found of each contributor the
/// last time: where most updates are as good as ever, both are nearly always right. Peer prediction that is
/// paid by agreement has such equilibria (Gao, Wright and Leyton-Brown, 2016), unless it takes off what a row
/// would earn that had not looked (Dasgupta and Ghosh, 2013; Shnayder et al., 2016), or what is known
/// already. So a row is held against a forecast that needs no look at the updates, as weather forecasts are
/// held against persistence (Murphy, 1988):
///
///     n[i] = min(e(last[i], c[i]), e(usual[i], c[i]))          the news of an update
///     m[i] = min(e(r[i], c[i]), n[i]) + max(0, e(r[i], c[i]) - n[i]) / 2    what a row misses
///     told = max(-sum n, sum n - sum m)
///     e(x, c) = max(0, |x - c| - tolerance)^2
///
/// with c the consensus scores, r the row's, and `last` and `usual` what the log lets anybody expect of the
/// contributor (`Expectation`). A score is the trust in an update, or zero for a rejected one. The row that
/// is the consensus tells all news, and no row tells more. One that repeats the past tells none. Where there
/// is no news nobody gains or loses anything, so that a window with few updates, or all alike, punishes
/// nobody. Error beyond the news counts a half: false alarms must cost something, or alarm would always
/// pay; but some honest reference sets differ from most others about some contributors for good.
///
/// A validator's insight is the sum of what it told over the sum of the news, over the windows whose rows it
/// was bound to and revealed. It starts with full credit, and reaches back as far as a certain amount of
/// news.
struct Insight: Sendable, Equatable {
  /// What one update is worth whose score was expected to be full and is zero, if nothing were tolerated.
  private static let unit = Assessment.wholeScore * Assessment.wholeScore
  /// News that a newcomer is taken to have told.
  private static let advance = 2 * unit
  /// The news that an insight reaches back over.
  private static let memory = 16 * unit
  /// What scores may differ by, since honest reference sets differ: 3/16 of full trust.
  private static let tolerance = Assessment.wholeScore * 3 / 16
  /// Error where there is no news counts less by this.
  private static let falseAlarmDivisor: UInt64 = 2
  /// From this part of the news on a validator is paid in full: this part of one.
  private static let fullPayPart: UInt64 = 2
  /// A validator without any insight is paid for recomputing what it attests: this part of full pay.
  private static let leastPayPart: UInt64 = 8

  private var told = Self.advance
  private var news = Self.advance

  /// What a validator is paid of what its agreement is worth: up to `MatrixConsensus.wholeAgreement`.
  var payShare: UInt64 {
    let whole = MatrixConsensus.wholeAgreement
    let share = UInt128(told) * UInt128(whole * Self.fullPayPart) / UInt128(news)
    return UInt64(min(UInt128(whole), max(UInt128(whole / Self.leastPayPart), share)))
  }

  /// Notes a row that its validator was bound to.
  ///
  /// - Parameters:
  ///   - missed: what the row missed of the consensus
  ///   - windowNews: the news of the window's updates together
  mutating func note(missed: UInt64, windowNews: UInt64) {
    told = told + windowNews - min(missed, 2 * windowNews, told + windowNews)
    news += windowNews
    guard news > Self.memory else { return }
    told = UInt64(UInt128(told) * UInt128(Self.memory) / UInt128(news))
    news = Self.memory
  }

  /// How far a score lies off the one that was agreed on: below 2^32.
  static func error(of score: UInt64, in consensus: UInt64) -> UInt64 {
    let distance = max(score, consensus) - min(score, consensus)
    let excess = distance - min(distance, tolerance)
    return excess * excess
  }

  /// What a row misses of the consensus: below 2^32 for each update.
  ///
  /// - Parameter news: of each update
  static func missed(by row: Assessment, of cells: [Assessment.Cell], news: [UInt64]) -> UInt64 {
    zip(zip(row.cells, cells), news).reduce(0) { sum, update in
      let error = error(of: update.0.0.score, in: update.0.1.score)
      let missed = min(error, update.1)
      return sum + missed + (error - missed) / falseAlarmDivisor
    }
  }
}

/// What the log lets anybody expect of a contributor's next update. Of a newcomer the best is expected.
struct Expectation: Sendable, Equatable {
  /// An average over about so many updates.
  private static let averagedUpdates: UInt64 = 8
  /// Averages are kept in this part of a score's unit, so that rounding does not hold them in place.
  private static let fraction: UInt64 = 1 << 16

  /// The consensus score of the latest update.
  private(set) var last = Assessment.wholeScore
  private var scaledUsual = Assessment.wholeScore * Self.fraction

  /// What is usual for the contributor.
  var usual: UInt64 { scaledUsual / Self.fraction }

  /// How far the better of both forecasts lies off a score: below 2^32.
  func error(in score: UInt64) -> UInt64 {
    min(Insight.error(of: last, in: score), Insight.error(of: usual, in: score))
  }

  mutating func note(_ score: UInt64) {
    last = score
    let rest = scaledUsual * (Self.averagedUpdates - 1)
    scaledUsual = (rest + score * Self.fraction) / Self.averagedUpdates
  }
}

/// What the log lets anybody expect of a task's contributors.
struct Expectations: Sendable, Equatable {
  private var expectations: [PublicKey: Expectation] = [:]

  /// How much of what the consensus came to nobody could expect, update by update: each below 2^32.
  func news(of updates: [WindowUpdate], in cells: [Assessment.Cell]) -> [UInt64] {
    zip(updates, cells).map { update, cell in
      (expectations[update.contributor] ?? Expectation()).error(in: cell.score)
    }
  }

  /// Notes what a window's consensus came to, update by update in the order of their digests.
  mutating func note(_ updates: [WindowUpdate], _ cells: [Assessment.Cell]) {
    for (update, cell) in zip(updates, cells) {
      expectations[update.contributor, default: Expectation()].note(cell.score)
    }
  }
}
