public import Numerics

/// Krum against attacks on single coordinates (El Mhamdi, Guerraoui and Rouault, ICML 2018).
///
/// Krum picks a vector, which is taken away, until there are n - 2f of them; while few remain, a score counts
/// as many others as there are, at least one. Of the picked values of each coordinate, the n - 4f nearest to
/// their median are averaged, the lesser of two at one distance. Needs 4f + 3 <= n: breakdown point 1/4.
public struct Bulyan: AggregationRule {
  /// How many attackers are tolerated: f.
  public let tolerated: Int

  /// Creates the rule for f >= 0 attackers.
  public init(tolerating attackers: Int) {
    precondition(attackers >= 0, "a rule cannot tolerate \(attackers) attackers")
    tolerated = attackers
  }

  /// `bulyan`.
  public var name: String { "bulyan" }
  /// 4f + 3.
  public var minimumCount: Int { 4 * tolerated + 3 }

  /// The means around the medians of the picked vectors.
  public func aggregate(_ batch: VectorBatch, threads: Int) throws(AggregationError) -> [Float] {
    let picked = picked(try finiteGram(of: batch, threads: threads))
    var values: [Float] = []
    values.reserveCapacity(picked.count * batch.dimension)
    for index in picked { values += batch.row(index) }
    guard let chosen = try? VectorBatch(count: picked.count, dimension: batch.dimension, values: values)
    else { preconditionFailure("rows of a batch are a batch") }
    let kept = picked.count - 2 * tolerated
    return try finite(Kernels.meanAroundMedian(of: chosen, keeping: kept, threads: threads), of: batch)
  }

  /// Krum's picks, one after another.
  func picked(_ gram: GramMatrix) -> [Int] {
    var scores = KrumScores(gram)
    return (0..<(gram.count - 2 * tolerated)).map { _ in
      let neighbours = max(1, scores.remaining.count - tolerated - 2)
      let best = scores.scores(neighbours: neighbours).leastIndices(1)[0]
      let index = scores.remaining[best]
      scores.remove(index)
      return index
    }
  }
}
