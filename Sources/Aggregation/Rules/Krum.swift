public import Numerics

/// The vector that lies closest to its neighbours (Blanchard, El Mhamdi, Guerraoui and Stainer, NeurIPS
/// 2017).
///
/// The score of x_i is the sum of |x_i - x_j|^2 over the n - f - 2 nearest others; the vector with the least
/// score is the result. Needs 2f + 2 < n, so its breakdown point approaches 1/2.
///
/// byzfl 0.0.11 sums over n - f - 1 others.
public struct Krum: VectorRule {
  /// How many attackers are tolerated: f.
  public let tolerated: Int
  let neighbourhood: KrumScores.Neighbourhood

  /// Creates the rule for f >= 0 attackers.
  public init(tolerating attackers: Int) {
    self.init(tolerating: attackers, neighbourhood: .paper)
  }

  init(tolerating attackers: Int, neighbourhood: KrumScores.Neighbourhood) {
    precondition(attackers >= 0, "a rule cannot tolerate \(attackers) attackers")
    tolerated = attackers
    self.neighbourhood = neighbourhood
  }

  /// `krum`.
  public var name: String { "krum" }
  /// 2f + 3.
  public var minimumCount: Int { 2 * tolerated + 3 }

  /// One for the vector with the least score, 0 for all others.
  public func weights(_ gram: GramMatrix) throws(AggregationError) -> [Double] {
    try check(gram)
    let neighbours = neighbourhood.size(among: gram.count, tolerated: tolerated)
    let scores = KrumScores(gram).scores(neighbours: neighbours)
    return .mean(of: scores.leastIndices(1), among: gram.count)
  }
}

/// The mean of the m vectors with the least scores of `Krum` (Blanchard et al., NeurIPS 2017).
///
/// The paper leaves m open; here it is n - f unless set. Breakdown as for `Krum`, provided that m <= n - f.
///
/// byzfl 0.0.11 scores by n - f - 1 others, and takes m = n - f as well.
public struct MultiKrum: VectorRule {
  /// How many attackers are tolerated: f.
  public let tolerated: Int
  /// How many vectors are averaged: m; nil for n - f.
  public let selected: Int?
  let neighbourhood: KrumScores.Neighbourhood

  /// Creates the rule.
  ///
  /// - Parameters:
  ///   - attackers: f >= 0
  ///   - selected: m >= 1, at most the number of vectors; nil for n - f
  public init(tolerating attackers: Int, selecting selected: Int? = nil) {
    self.init(tolerating: attackers, selecting: selected, neighbourhood: .paper)
  }

  init(
    tolerating attackers: Int, selecting selected: Int? = nil, neighbourhood: KrumScores.Neighbourhood
  ) {
    precondition(attackers >= 0, "a rule cannot tolerate \(attackers) attackers")
    precondition(selected ?? 1 >= 1, "a mean of no vectors is not defined")
    tolerated = attackers
    self.selected = selected
    self.neighbourhood = neighbourhood
  }

  /// `multi-krum`.
  public var name: String { "multi-krum" }
  /// 2f + 3, or m.
  public var minimumCount: Int { max(2 * tolerated + 3, selected ?? 0) }

  /// 1/m for the m vectors with the least scores, 0 for all others.
  public func weights(_ gram: GramMatrix) throws(AggregationError) -> [Double] {
    try check(gram)
    let neighbours = neighbourhood.size(among: gram.count, tolerated: tolerated)
    let scores = KrumScores(gram).scores(neighbours: neighbours)
    return .mean(of: scores.leastIndices(selected ?? gram.count - tolerated), among: gram.count)
  }
}

/// How far vectors lie from their nearest others.
struct KrumScores {
  /// How many others a score counts.
  enum Neighbourhood {
    /// n - f - 2.
    case paper
    /// n - f - 1.
    case byzfl

    func size(among count: Int, tolerated: Int) -> Int {
      switch self {
      case .paper: count - tolerated - 2
      case .byzfl: count - tolerated - 1
      }
    }
  }

  /// For each vector the others, nearest first.
  private var others: [[Int]]
  private let gram: GramMatrix
  private(set) var remaining: [Int]

  init(_ gram: GramMatrix) {
    self.gram = gram
    remaining = Array(0..<gram.count)
    others = remaining.map { index in gram.nearest(to: index).filter { $0 != index } }
  }

  /// The scores of the vectors that remain, in their order.
  func scores(neighbours: Int) -> [Double] {
    remaining.map { index in
      others[index].prefix(neighbours).reduce(0) { $0 + gram.squaredDistance(index, $1) }
    }
  }

  /// Takes a vector away.
  mutating func remove(_ index: Int) {
    remaining.removeAll { $0 == index }
    for other in remaining { others[other].removeAll { $0 == index } }
  }
}

extension GramMatrix {
  /// All vectors by their distance to one of them, itself included; the lower index first among equals.
  func nearest(to index: Int) -> [Int] {
    let distances = (0..<count).map { squaredDistance(index, $0) }
    return distances.leastIndices(count)
  }
}

extension [Double] {
  /// The indices of the least values in ascending order; the lower index first among equals.
  func leastIndices(_ count: Int) -> [Int] {
    Array<Int>(indices.sorted { (self[$0], $0) < (self[$1], $1) }.prefix(count))
  }

  /// The weights of a mean: equal for some indices, 0 for all others.
  static func mean(of indices: [Int], among count: Int) -> [Double] {
    var weights = [Double](repeating: 0, count: count)
    for index in indices { weights[index] = 1 / Double(indices.count) }
    return weights
  }
}
