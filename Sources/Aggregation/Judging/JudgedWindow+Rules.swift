import Numerics
import Updates
import Wire

// Windows that are weighed by an aggregation rule. Rules that ask for dot products among the updates take
// them from sketches, so nothing is unpacked to the model's length.
extension JudgedWindow {
  /// Trusts each open update as much as the policy's rule weighs it, relative to the one that weighs most.
  ///
  /// A merge divides by the sum of its weights, so it takes a rule's direction, and not its length. Updates
  /// that the rule gives no weight are rejected. So few updates that the rule can tell nothing are trusted
  /// alike, if it tolerates nobody among them either.
  mutating func weighByRule() {
    let open = openIndices
    guard let weights = ruleWeights(of: open), let largest = weights.max() else { return admitAlike() }
    for (index, weight) in zip(open, weights) {
      let share = largest > 0 ? weight / largest : 0
      let trust = MergeWeight.fraction(share)
      if trust > 0 {
        entries[index].judgement = .admitted(trust: trust, clip: MergeWeight.one, measured: 0, limit: 0)
      } else {
        reject(index, .outvoted, measured: share, limit: 1 / Double(MergeWeight.one))
      }
    }
  }

  /// The rule's weights for some updates; nil for too few of them.
  private func ruleWeights(of indices: [Int]) -> [Double]? {
    if input.policy.rule == .flTrust { return rootWeights(of: indices) }
    guard let rule = vectorRule(forCount: indices.count),
      let sketches = try? VectorBatch(rows: sketches(of: indices))
    else { return nil }
    // Sketches are finite, so a rule refuses a number of updates at most.
    return try? rule.weights(Kernels.gram(of: sketches, threads: 1))
  }

  /// The policy's rule for as many attackers as the policy's share asks for, or as the rule can tolerate
  /// among so few updates.
  private func vectorRule(forCount count: Int) -> (any VectorRule)? {
    let attackers = count * Int(input.policy.toleratedBasisPoints) / 10_000
    let seed = input.seed.leadingWord
    return (0...attackers).reversed().lazy
      .compactMap { input.policy.rule.vectorRule(tolerating: $0, seed: seed) }
      .first { $0.minimumCount <= count }
  }

  private func sketches(of indices: [Int]) -> [[Float]] {
    let sketch = CountSketch(seed: input.seed.leadingWord)
    return indices.map { index in entries[index].vector.map(sketch.sketch(of:)) ?? [] }
  }

  /// FLTrust's weights. Dot products with one dense vector need no sketch.
  private func rootWeights(of indices: [Int]) -> [Double] {
    let root = input.rootUpdates.balanced
    let products = indices.map { index in
      entries[index].vector.map {
        Kernels.gatherDot(indices: $0.indices, values: $0.values, dense: root)
      } ?? 0
    }
    return FLTrust.weights(
      products: products, norms: indices.map { entries[$0].norm }, rootNorm: Kernels.norm(root))
  }
}
