import Testing

@testable import Aggregation

struct ParallelTests {
  @Test(arguments: [0, 1, 2, 3, 100], [1, 2, 3, 16])
  func resultsComeInOrder(count: Int, threads: Int) {
    #expect(Parallel.map(count: count, threads: threads) { 3 * $0 } == (0..<count).map { 3 * $0 })
  }

  @Test(arguments: [0, 1, 2, 7, 64], [-1, 0, 1, 2, 5, 100])
  func rangesCoverEverythingOnce(count: Int, parts: Int) {
    let ranges = Parallel.ranges(of: count, parts: parts)
    #expect(ranges.flatMap(Array.init) == Array(0..<count))
    #expect(ranges.allSatisfy { !$0.isEmpty } && ranges.count <= max(parts, 1))
    let lengths = ranges.map(\.count)
    #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1)
  }
}
