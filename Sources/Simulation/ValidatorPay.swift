/// What validators of one conduct were paid, held against honest ones.
public struct ValidatorPay: Sendable, Codable, Equatable {
  /// A run's versions are shown in so many parts.
  private static let parts = 5

  /// Some versions in a row.
  public struct Part: Sendable, Codable, Equatable {
    /// The first version.
    public var first: Int
    /// The last version.
    public var last: Int
    /// Pay a unit of stake, over that of the honest in the same versions; 0 if nobody honest was paid.
    public var share: Double
  }

  /// "honest", or what they did in place of judging.
  public var conduct: String
  /// How many validators.
  public var validators: Int
  /// What they staked, in units.
  public var stakeUnits: UInt64
  /// What they were paid, in units.
  public var paidUnits: UInt64
  /// Pay a unit of stake over the whole run, over that of the honest; 0 if nobody honest was paid.
  public var share: Double
  /// The least such share of one of them.
  public var leastShare: Double
  /// The greatest such share of one of them.
  public var greatestShare: Double
  /// The same part by part.
  public var parts: [Part]

  /// The pay by conduct: the honest first, the others in the order of the run.
  static func figures(of run: RunRecord) -> [ValidatorPay] {
    let honest = run.validators.filter { $0.conduct == RunRecord.Validator.honest }
    let conducts = run.validators.map(\.conduct).reduce(
      into: honest.isEmpty ? [] : [RunRecord.Validator.honest]
    ) {
      if !$0.contains($1) { $0.append($1) }
    }
    return conducts.map { conduct in
      ValidatorPay(conduct, run.validators.filter { $0.conduct == conduct }, honest: honest)
    }
  }

  private init(_ conduct: String, _ own: [RunRecord.Validator], honest: [RunRecord.Validator]) {
    self.conduct = conduct
    validators = own.count
    stakeUnits = own.reduce(0) { $0 + $1.stakeUnits }
    paidUnits = own.reduce(0) { $0 + $1.paidUnits.reduce(0, +) }
    let versions = own.map(\.paidUnits.count).max() ?? 0
    let whole = 0..<versions
    share = own.pay(in: whole, over: honest)
    let shares = own.map { [$0].pay(in: whole, over: honest) }
    leastShare = shares.min() ?? 0
    greatestShare = shares.max() ?? 0
    let count = min(Self.parts, versions)
    parts = (0..<count).map { part in
      let range = part * versions / count..<(part + 1) * versions / count
      return Part(
        first: range.lowerBound + 1, last: range.upperBound, share: own.pay(in: range, over: honest))
    }
  }
}

extension [RunRecord.Validator] {
  /// Pay a unit of stake in some versions, over that of others.
  fileprivate func pay(in versions: Range<Int>, over others: [RunRecord.Validator]) -> Double {
    let own = pay(in: versions)
    let other = others.pay(in: versions)
    return other > 0 ? own / other : 0
  }

  private func pay(in versions: Range<Int>) -> Double {
    let stake = reduce(0) { $0 + Double($1.stakeUnits) }
    let paid = reduce(0.0) { sum, validator in
      sum
        + versions.reduce(0.0) { version, index in
          version + (validator.paidUnits.indices.contains(index) ? Double(validator.paidUnits[index]) : 0)
        }
    }
    return stake > 0 ? paid / stake : 0
  }
}
