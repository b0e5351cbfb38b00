public import Numerics

/// A step that replaces vectors by combinations of them before a rule sees them.
public protocol PreAggregator: Sendable {
  /// The step's name, as `AggregationRules` reads it.
  var name: String { get }

  /// The fewest vectors that the step needs to yield `count` vectors.
  func minimumCount(yielding count: Int) -> Int

  /// What the vectors are replaced by.
  ///
  /// - Parameter gram: the dot products of at least `minimumCount(yielding: 1)` vectors of finite values
  func mixing(_ gram: GramMatrix) -> Mixing
}

/// m combinations of n vectors: the rows of M X.
public struct Mixing: Sendable, Equatable {
  /// How many combinations there are: m.
  public let rows: Int
  /// How many vectors they combine: n.
  public let columns: Int
  /// M, row-major.
  public let coefficients: [Double]

  /// Takes the rows of M, at least one, all of one length.
  public init(rows: [[Double]]) {
    columns = rows.first?.count ?? 0
    precondition(columns > 0 && rows.allSatisfy { [columns] in $0.count == columns }, "rows differ in length")
    self.rows = rows.count
    coefficients = Array(rows.joined())
  }

  /// Multiplies each vector by a factor.
  init(scaling factors: [Double]) {
    self.init(
      rows: factors.indices.map { row in
        factors.indices.map { $0 == row ? factors[row] : 0 }
      })
  }

  /// The mixing that follows on another: `self` M times `first` M.
  func after(_ first: Mixing) -> Mixing {
    Mixing(
      rows: (0..<rows).map { row in
        let combined = Array(coefficients[(row * columns)..<((row + 1) * columns)])
        return Kernels.combineRows(combined, of: first.coefficients, columns: first.columns)
      })
  }

  /// The weights of the vectors in a weighted sum of the combinations: M^T w.
  func weights(ofSumWeighted weights: [Double]) -> [Double] {
    Kernels.combineRows(weights, of: coefficients, columns: columns)
  }
}

/// A rule behind pre-aggregators, the first of which sees the vectors themselves.
///
/// Before a rule that needs the Gram matrix G alone, no vectors are mixed: it weighs by M G M^T, and its
/// weights w become M^T w.
public struct PreAggregated<Rule: AggregationRule>: AggregationRule {
  private let steps: [any PreAggregator]
  private let rule: Rule

  /// Puts steps in front of a rule.
  public init(_ steps: [any PreAggregator], _ rule: Rule) {
    self.steps = steps
    self.rule = rule
  }

  /// The names, joined by `+`.
  public var name: String { (steps.map(\.name) + [rule.name]).joined(separator: "+") }

  /// What the rule needs, before the steps.
  public var minimumCount: Int {
    steps.reversed().reduce(rule.minimumCount) { $1.minimumCount(yielding: $0) }
  }

  /// Mixes and aggregates.
  public func aggregate(_ batch: VectorBatch, threads: Int) throws(AggregationError) -> [Float] {
    let (mixing, mixed) = mix(try finiteGram(of: batch, threads: threads))
    guard let mixing else { return try rule.aggregate(batch, threads: threads) }
    guard let rule = rule as? any VectorRule else {
      let mixture = Kernels.mix(
        batch, coefficients: mixing.coefficients, rows: mixing.rows, threads: threads)
      return try rule.aggregate(mixture, threads: threads)
    }
    let weights = mixing.weights(ofSumWeighted: try rule.weights(mixed))
    return try finite(Kernels.weightedSum(of: batch, weights: weights, threads: threads), of: batch)
  }

  /// All steps as one, nil for none, and the Gram matrix after them.
  private func mix(_ gram: GramMatrix) -> (Mixing?, GramMatrix) {
    var (whole, mixed): (Mixing?, GramMatrix) = (nil, gram)
    for step in steps {
      let mixing = step.mixing(mixed)
      mixed = mixed.mixed(by: mixing.coefficients, rows: mixing.rows)
      whole = whole.map { mixing.after($0) } ?? mixing
    }
    return (whole, mixed)
  }
}

extension PreAggregated: VectorRule where Rule: VectorRule {
  /// The weights of the vectors themselves.
  public func weights(_ gram: GramMatrix) throws(AggregationError) -> [Double] {
    try check(gram)
    let (mixing, mixed) = mix(gram)
    let weights = try rule.weights(mixed)
    return mixing?.weights(ofSumWeighted: weights) ?? weights
  }
}
