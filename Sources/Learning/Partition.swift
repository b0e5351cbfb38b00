import Numerics

/// How a data set is dealt out to nodes.
public enum PartitionScheme: Equatable, Sendable {
  /// At random, in nearly equal parts.
  case iid
  /// For every class, shares drawn from a Dirichlet distribution say how its examples are split over the
  /// nodes (Yurochkin et al., 2019; Li et al., NIID-Bench, 2021). A small alpha gives nodes of few classes.
  case dirichletLabels(alpha: Double)
  /// At random, in parts whose sizes follow shares drawn from a Dirichlet distribution.
  case dirichletSizes(alpha: Double)
  /// Each node holds examples of one class only. Needs at least as many nodes as classes that occur.
  case oneLabelPerNode
  /// Each node draws that many examples at random, none of them twice, whatever the others draw: nodes
  /// overlap.
  case sampled(examples: Int)
}

/// A data set dealt out to nodes: every example goes to just one of them, unless nodes draw samples.
///
/// ```swift
/// let partition = try Partition(.dirichletLabels(alpha: 0.3), of: digits, nodes: 100, seed: 1)
/// let shards = try partition.datasets(from: digits)
/// ```
public struct Partition: Equatable, Sendable {
  /// The most nodes that a data set is dealt out to.
  public static let maximumNodes = 1_000_000

  /// The indices of each node's examples.
  public let nodes: [[Int]]

  /// Deals examples out; one seed gives one partition on a machine.
  ///
  /// When chance leaves a node with fewer than `minimumExamples`, it is given examples from the largest.
  ///
  /// - Parameters:
  ///   - scheme: how.
  ///   - dataset: whose examples.
  ///   - nodes: to how many nodes, 1...`maximumNodes`.
  ///   - minimumExamples: how many examples every node gets at least.
  ///   - seed: decides what chance decides.
  /// - Throws: `LearningError.invalidPartition` if there are too few examples, or a parameter is out of
  ///   range.
  public init(
    _ scheme: PartitionScheme, of dataset: Dataset, nodes: Int, minimumExamples: Int = 1, seed: UInt64
  ) throws(LearningError) {
    guard (1...Self.maximumNodes).contains(nodes) else {
      throw .invalidPartition(reason: "\(nodes) nodes; there must be 1 to \(Self.maximumNodes)")
    }
    var random = SeededRandom(seed: seed)
    if case .sampled(let examples) = scheme {
      guard examples >= max(1, minimumExamples), examples <= dataset.count else {
        throw .invalidPartition(
          reason: "a node cannot draw \(examples) of \(dataset.count) examples; "
            + "it needs at least \(max(1, minimumExamples))")
      }
      self.nodes = (0..<nodes).map { _ in random.sample(examples, of: dataset.count) }
      return
    }
    guard minimumExamples >= 0, minimumExamples <= dataset.count / nodes else {
      throw .invalidPartition(
        reason: "\(dataset.count) examples do not give \(nodes) nodes at least \(minimumExamples) each")
    }
    switch scheme {
    case .sampled: self.nodes = []
    case .iid:
      let order = random.permutation(count: dataset.count)
      self.nodes = Self.deal(order, by: [Double](repeating: 1 / Double(nodes), count: nodes))
    case .dirichletSizes(let alpha):
      try Self.check(alpha)
      let order = random.permutation(count: dataset.count)
      let shares = random.dirichlet(count: nodes, concentration: alpha)
      self.nodes = Self.levelled(Self.deal(order, by: shares), minimum: minimumExamples)
    case .dirichletLabels(let alpha):
      try Self.check(alpha)
      var parts = [[Int]](repeating: [], count: nodes)
      for var examples in dataset.indicesByLabel where !examples.isEmpty {
        random.shuffle(&examples)
        let shares = random.dirichlet(count: nodes, concentration: alpha)
        for (node, part) in Self.deal(examples, by: shares).enumerated() { parts[node] += part }
      }
      for node in parts.indices { random.shuffle(&parts[node]) }
      self.nodes = Self.levelled(parts, minimum: minimumExamples)
    case .oneLabelPerNode:
      self.nodes = try Self.dealByLabel(
        dataset, nodes: nodes, minimumExamples: minimumExamples, random: &random)
    }
  }

  /// Each node's examples as a data set of its own.
  ///
  /// - Parameter dataset: the one that the partition was made of.
  public func datasets(from dataset: Dataset) throws(LearningError) -> [Dataset] {
    var parts: [Dataset] = []
    parts.reserveCapacity(nodes.count)
    for indices in nodes { parts.append(try dataset.subset(indices)) }
    return parts
  }

  private static func check(_ alpha: Double) throws(LearningError) {
    guard alpha > 0, alpha.isFinite else {
      throw .invalidPartition(reason: "alpha is \(alpha); it must be finite and greater than 0")
    }
  }

  /// Cuts examples into consecutive parts in proportion to shares that add up to 1.
  private static func deal(_ examples: [Int], by shares: [Double]) -> [[Int]] {
    var parts: [[Int]] = []
    parts.reserveCapacity(shares.count)
    var start = 0
    var cumulated = 0.0
    for (node, share) in shares.enumerated() {
      cumulated += share
      // Cutting at rounded running totals loses and doubles nothing, whatever the rounding of the shares.
      let isLast = node == shares.count - 1
      let cut = isLast ? examples.count : Int((cumulated * Double(examples.count)).rounded())
      let end = min(max(cut, start), examples.count)
      parts.append(Array(examples[start..<end]))
      start = end
    }
    return parts
  }

  /// Gives nodes below the minimum examples from the node that has most; the lowest index among equals.
  private static func levelled(_ parts: [[Int]], minimum: Int) -> [[Int]] {
    var parts = parts
    for node in parts.indices {
      while parts[node].count < minimum {
        var donor = 0
        for other in parts.indices where parts[other].count > parts[donor].count { donor = other }
        parts[node].append(parts[donor].removeLast())
      }
    }
    return parts
  }

  private static func dealByLabel(
    _ dataset: Dataset, nodes: Int, minimumExamples: Int, random: inout SeededRandom
  ) throws(LearningError) -> [[Int]] {
    let groups = dataset.indicesByLabel.filter { !$0.isEmpty }
    guard nodes >= groups.count else {
      throw .invalidPartition(
        reason:
          "\(nodes) nodes cannot hold one class each of \(groups.count); use at least \(groups.count) nodes")
    }
    guard nodes <= dataset.count || groups.isEmpty else {
      throw .invalidPartition(
        reason: "\(dataset.count) examples do not give \(nodes) nodes an example of one class each")
    }
    // Each further node goes to the class with most examples a node, so the smallest part is as large as can
    // be.
    var shares = [Int](repeating: 1, count: groups.count)
    for _ in 0..<(groups.isEmpty ? 0 : nodes - groups.count) {
      var fullest = 0
      for group in groups.indices
      where groups[group].count * shares[fullest] > groups[fullest].count * shares[group] { fullest = group }
      shares[fullest] += 1
    }
    var parts: [[Int]] = []
    for (var examples, share) in zip(groups, shares) {
      guard examples.count / share >= minimumExamples else {
        throw .invalidPartition(
          reason: "a class of \(examples.count) examples does not give \(share) nodes \(minimumExamples) each"
        )
      }
      random.shuffle(&examples)
      parts += deal(examples, by: [Double](repeating: 1 / Double(share), count: share))
    }
    parts += [[Int]](repeating: [], count: nodes - parts.count)
    random.shuffle(&parts)
    return parts
  }
}
