import Wire

/// The aggregation rules by their names.
///
/// A name is that of a rule, with any number of pre-aggregators in front: `krum`, `nnm+trimmed-mean`,
/// `arc+nnm+geometric-median`. The first step sees the vectors. Some take a number after a colon:
/// `bucketing:3+median`, `clipping:0.5+mean`, `centred-clipping:10`.
public enum AggregationRules {
  /// The rules.
  public static let names = [
    "mean", "median", "trimmed-mean", "krum", "multi-krum", "bulyan", "geometric-median", "centred-clipping",
    "fltrust", "dnc", "caf",
  ]

  /// The pre-aggregators.
  public static let stepNames = ["nnm", "bucketing", "clipping", "arc"]

  /// The most pre-aggregators in front of a rule.
  public static let stepsLimit = 4

  /// Finds a rule.
  ///
  /// - Parameters:
  ///   - text: the rule's name
  ///   - attackers: f, how many attackers the rule and its steps are to tolerate, at least 0
  ///   - root: the root update, which `fltrust` needs
  ///   - seed: draws the order of the vectors for `bucketing`
  /// - Throws: `AggregationError.invalidRule`, with the nearest name for one that does not exist.
  public static func rule(
    named text: String, tolerating attackers: Int, root: [Float]? = nil, seed: UInt64 = 0
  ) throws(AggregationError) -> any AggregationRule {
    guard attackers >= 0 else {
      throw .invalidRule("a rule cannot tolerate \(attackers) attackers; give 0 or more")
    }
    let parts = text.split(separator: "+", omittingEmptySubsequences: false).map(RulePart.init)
    guard let last = parts.last, parts.count - 1 <= stepsLimit else {
      throw .invalidRule("a rule takes at most \(stepsLimit) steps in front, not \(parts.count - 1)")
    }
    let rule = try rule(last, attackers, root)
    var steps: [any PreAggregator] = []
    for part in parts.dropLast() { steps.append(try step(part, attackers, seed)) }
    return steps.isEmpty ? rule : preAggregated(steps, rule)
  }

  private static func preAggregated(
    _ steps: [any PreAggregator], _ rule: some AggregationRule
  ) -> any AggregationRule { PreAggregated(steps, rule) }

  private static func preAggregated(
    _ steps: [any PreAggregator], _ rule: some VectorRule
  ) -> any AggregationRule { PreAggregated(steps, rule) }

  private static func rule(
    _ part: RulePart, _ attackers: Int, _ root: [Float]?
  ) throws(AggregationError) -> any AggregationRule {
    if part.name == "centred-clipping" {
      guard let radius = try part.number() else { return CentredClipping() }
      return CentredClipping(radius: .fixed(radius))
    }
    try part.refuseArgument(unless: names)
    switch part.name {
    case "mean": return ArithmeticMean()
    case "median": return CoordinateMedian()
    case "trimmed-mean": return TrimmedMean(tolerating: attackers)
    case "krum": return Krum(tolerating: attackers)
    case "multi-krum": return MultiKrum(tolerating: attackers)
    case "bulyan": return Bulyan(tolerating: attackers)
    case "geometric-median": return GeometricMedian()
    case "dnc": return DivideAndConquer(tolerating: attackers)
    case "caf": return CovarianceFilter(tolerating: attackers)
    case "fltrust":
      guard let root else { throw .invalidRule("the rule fltrust needs a root update; give it one") }
      return try FLTrust(root: root)
    default: throw part.unknown("aggregation rule", among: names)
    }
  }

  private static func step(
    _ part: RulePart, _ attackers: Int, _ seed: UInt64
  ) throws(AggregationError) -> any PreAggregator {
    switch part.name {
    case "bucketing":
      return Bucketing(size: try part.wholeNumber() ?? Bucketing.defaultSize, seed: seed)
    case "clipping":
      return NormClipping(limit: try part.number() ?? NormClipping.defaultLimit)
    default: try part.refuseArgument(unless: stepNames)
    }
    switch part.name {
    case "nnm": return NearestNeighbourMixing(tolerating: attackers)
    case "arc": return AdaptiveClipping(tolerating: attackers)
    default: throw part.unknown("pre-aggregator", among: stepNames)
    }
  }
}

/// A rule's or step's name, and what follows a colon.
private struct RulePart {
  let name: String
  private let argument: String?

  init(_ text: Substring) {
    let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(halves[0])
    argument = halves.count > 1 ? String(halves[1]) : nil
  }

  func number() throws(AggregationError) -> Double? {
    guard let argument else { return nil }
    guard let number = Double(argument), number >= 0, number.isFinite else {
      throw .invalidRule("\(name):\(argument) needs a number of at least 0 after the colon")
    }
    return number
  }

  func wholeNumber() throws(AggregationError) -> Int? {
    guard let argument else { return nil }
    guard let number = Int(argument), (1...AggregationLimits.windowSize).contains(number) else {
      throw .invalidRule(
        "\(name):\(argument) needs a whole number of 1 to \(AggregationLimits.windowSize) after the colon")
    }
    return number
  }

  func refuseArgument(unless known: [String]) throws(AggregationError) {
    if let argument, known.contains(name) {
      throw .invalidRule("\(name) takes no number; leave out ':\(argument)'")
    }
  }

  func unknown(_ kind: String, among names: [String]) -> AggregationError {
    let suggestion = Spelling.nearest(to: name, among: names)
    let list = names.joined(separator: ", ")
    return .invalidRule("there is no \(kind) '\(name)'; did you mean '\(suggestion)'? There are \(list)")
  }
}
