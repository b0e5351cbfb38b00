/// What one run of a tournament came to.
public struct TournamentFigures: Sendable, Codable, Equatable {
  /// Over how many versions at a run's end accuracy and loss are averaged. On skewed data one version differs
  /// from the next by more than most attacks cost.
  public static let averagedVersions = 20

  /// The mean accuracy of the last versions on the test set, 0...1; 0 if the run broke off.
  public var accuracy = 0.0
  /// The best accuracy that was measured, 0...1.
  public var bestAccuracy = 0.0
  /// The mean loss of the last versions on the test set, in nats; nil if the run broke off.
  public var loss: Double?
  /// The mean share of triggered test examples in which the last versions see the backdoor's class, 0...1;
  /// nil where nobody plants a backdoor, or if the run broke off.
  public var backdoorSuccess: Double?
  /// The share of honest contributors' updates that were rejected, 0...1.
  public var honestRejected = 0.0
  /// How many of them each check rejected; checks that rejected none are left out. Nil in results of software
  /// that does not tell.
  public var honestRejections: [String: Int]?
  /// Honest contributors none of whose updates took part in a merge, although they sent some.
  public var silencedHonest = 0
  /// The attackers' share of the contributors' pay over their share of the heads; nil without attackers or
  /// pay.
  public var payRatio: Double?
  /// What contributors sent for each parameter of an update, in bits, with envelopes and signatures.
  public var bitsPerParameter = 0.0
  /// Versions made.
  public var windows = 0
  /// Why the run broke off, as it does when the model is driven beyond finite numbers; nil if it did not.
  public var failure: String?
  /// The time that the run took beside others, in seconds of the wall clock.
  public var wallSeconds = 0.0
}

extension TournamentFigures {
  /// Computes the figures of a run.
  ///
  /// - Parameters:
  ///   - run: what is recorded of it, as far as it came
  ///   - failure: why it broke off
  init(_ run: RunRecord, failure: String? = nil) {
    self.failure = failure
    let measured = run.versions.filter { $0.number > 0 }
    windows = Int(measured.last?.number ?? 0)
    bestAccuracy = measured.map(\.accuracy).max() ?? 0
    let last = measured.suffix(Self.averagedVersions)
    if failure == nil, !last.isEmpty {
      accuracy = last.reduce(0) { $0 + $1.accuracy } / Double(last.count)
      loss = last.reduce(0) { $0 + $1.loss } / Double(last.count)
      if run.finalBackdoorSuccess != nil {
        backdoorSuccess = last.reduce(0) { $0 + $1.backdoorSuccess } / Double(last.count)
      }
    }
    let honest = run.contributors.filter(\.isHonest)
    let updates = honest.reduce(0) { $0 + $1.updates }
    let rejected = honest.reduce(0) { $0 + $1.rejections.values.reduce(0, +) }
    honestRejected = updates > 0 ? Double(rejected) / Double(updates) : 0
    honestRejections = honest.reduce(into: [:]) { $0.merge($1.rejections, uniquingKeysWith: +) }
    silencedHonest = honest.count { $0.updates > 0 && $0.merged == 0 }
    payRatio = Self.payRatio(run.contributors)
    let parameters = run.contributors.reduce(0) { $0 + $1.denseBytesUp } / 4
    let bytesUp = run.contributors.reduce(0) { $0 + $1.bytesUp }
    bitsPerParameter = parameters > 0 ? 8 * Double(bytesUp) / Double(parameters) : 0
  }

  private static func payRatio(_ contributors: [RunRecord.Contributor]) -> Double? {
    let hostile = contributors.filter { !$0.isHonest }
    let paid = contributors.reduce(0.0) { $0 + Double($1.paidUnits) }
    guard !hostile.isEmpty, paid > 0 else { return nil }
    let share = hostile.reduce(0.0) { $0 + Double($1.paidUnits) } / paid
    return share / (Double(hostile.count) / Double(contributors.count))
  }
}
