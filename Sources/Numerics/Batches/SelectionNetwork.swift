/// Steps that bring chosen ranks of n values to their places, whatever the values are, without the steps that
/// no chosen rank depends on.
///
/// The values are taken in blocks of 16, as many as are sorted at once in vector registers. First every block
/// is sorted; then bitonic merges (Batcher, 1968; for any number of blocks Lang, "Bitonic sorting network for
/// n not a power of 2") exchange values between blocks, place by place, and end by merging inside each block.
/// A last block that is not full is filled up with infinity, which comes to the ranks from n on.
struct SelectionNetwork: Sendable {
  /// One step.
  enum Step: Sendable, Equatable {
    /// Sorts a block that holds values in any order.
    case sort(Block)
    /// Compares the values at each place of two blocks, and leaves the lesser in the first.
    case exchange(lesser: Int, greater: Int)
    /// Exchanges blocks a and c, b and d, then a and b, c and d: two layers for once reading and writing.
    case exchangeTwice(SIMD4<Int>)
    /// Sorts a block whose values rise, then fall, or the other way round, wherever they begin.
    case merge(Block)
  }

  /// A block, and the order that it is to have.
  struct Block: Sendable, Equatable {
    let index: Int
    let ascends: Bool
  }

  /// What the value of a rank is used for.
  enum Use: Sendable {
    /// Nothing.
    case unused
    /// As one of several whose order does not matter, since only their sum is taken.
    case summed
    /// As the value of its rank.
    case ranked
  }

  /// How many values a block has.
  static let blockHeight = 16

  /// How many blocks there are.
  let blockCount: Int
  /// The steps in their order: one sort for each block, then the others.
  let sorts: [Block]
  let steps: [Step]

  /// Builds a network for `uses.count` values.
  ///
  /// - Parameter uses: what the value of each rank is used for, from the least; of the values `summed`, it
  ///   is only certain that together they are those of the ranks so marked.
  init(uses: [Use]) {
    blockCount = (uses.count + Self.blockHeight - 1) / Self.blockHeight
    var state = (0..<blockCount).map { block in
      let first = block * Self.blockHeight
      let ranks = (first..<(first + Self.blockHeight)).map { $0 < uses.count ? uses[$0] : .unused }
      return ranks.allSatisfy { $0 == ranks[0] } ? ranks[0] : .ranked
    }
    var kept: [Step] = []
    // From the end, a step can go if its results are not used, or if they are only summed together.
    for step in Self.sort(0..<blockCount, ascends: true).reversed() {
      switch step {
      case .sort, .exchangeTwice: break
      case .exchange(let lesser, let greater):
        if state[lesser] != .ranked && state[lesser] == state[greater] { continue }
        state[lesser] = .ranked
        state[greater] = .ranked
      case .merge(let block):
        if state[block.index] != .ranked { continue }
      }
      kept.append(step)
    }
    kept.reverse()
    sorts = kept.compactMap { if case .sort(let block) = $0 { block } else { nil } }
    steps = Self.joined(kept.filter { if case .sort = $0 { false } else { true } })
  }

  /// Joins the exchanges of two layers, where all four have been kept.
  private static func joined(_ steps: [Step]) -> [Step] {
    var (result, next): ([Step], Int) = ([], 0)
    while next < steps.count {
      if next + 4 <= steps.count,
        case .exchange(let a, let c) = steps[next], case .exchange(let b, let d) = steps[next + 1],
        steps[next + 2] == .exchange(lesser: a, greater: b),
        steps[next + 3] == .exchange(lesser: c, greater: d)
      {
        result.append(.exchangeTwice([a, b, c, d]))
        next += 4
      } else {
        result.append(steps[next])
        next += 1
      }
    }
    return result
  }

  private static func sort(_ blocks: Range<Int>, ascends: Bool) -> [Step] {
    guard blocks.count > 1 else {
      return blocks.map { .sort(Block(index: $0, ascends: ascends)) }
    }
    let middle = blocks.lowerBound + blocks.count / 2
    return sort(blocks.lowerBound..<middle, ascends: !ascends)
      + sort(middle..<blocks.upperBound, ascends: ascends) + merge(blocks, ascends: ascends)
  }

  private static func merge(_ blocks: Range<Int>, ascends: Bool) -> [Step] {
    guard blocks.count > 1 else {
      return blocks.map { .merge(Block(index: $0, ascends: ascends)) }
    }
    // The greatest power of 2 below the number of blocks.
    let distance = 1 << (Int.bitWidth - 1 - (blocks.count - 1).leadingZeroBitCount)
    let middle = blocks.lowerBound + distance
    func exchange(_ low: Int, _ high: Int) -> Step {
      ascends ? .exchange(lesser: low, greater: high) : .exchange(lesser: high, greater: low)
    }
    guard blocks.count == 2 * distance, blocks.count > 2 else {
      return (blocks.lowerBound..<(blocks.upperBound - distance)).map { exchange($0, $0 + distance) }
        + merge(blocks.lowerBound..<middle, ascends: ascends)
        + merge(middle..<blocks.upperBound, ascends: ascends)
    }
    // Two layers side by side, in the order in which they can be joined.
    let half = distance / 2
    let exchanges = (blocks.lowerBound..<(blocks.lowerBound + half)).flatMap { a -> [Step] in
      let (b, c, d) = (a + half, a + distance, a + distance + half)
      let second = ascends ? [exchange(a, b), exchange(c, d)] : [exchange(c, d), exchange(a, b)]
      return ascends
        ? [exchange(a, c), exchange(b, d)] + second : [exchange(b, d), exchange(a, c)] + second
    }
    return exchanges
      + (0..<4).flatMap { quarter in
        let start = blocks.lowerBound + quarter * half
        return merge(start..<(start + half), ascends: ascends)
      }
  }
}

/// A network's steps without the reference counts of arrays, which threads would contend for.
struct UnsafeSelectionNetwork {
  let sorts: UnsafeBufferPointer<SelectionNetwork.Block>
  let steps: UnsafeBufferPointer<SelectionNetwork.Step>
}

extension SelectionNetwork {
  /// Hands over the steps.
  func withUnsafeSteps<Result>(_ body: (UnsafeSelectionNetwork) -> Result) -> Result {
    sorts.withUnsafeBufferPointer { sorts in
      steps.withUnsafeBufferPointer { body(UnsafeSelectionNetwork(sorts: sorts, steps: $0)) }
    }
  }
}
