/// A payload and its weight in a merge.
public struct WeightedPayload: Sendable {
  /// The values.
  public let payload: Payload
  /// What every value is multiplied with. The sums of 8,192 updates of weights up to 65,535 stay below 2^59.
  public let weight: Int32

  /// Gives a payload a weight.
  public init(_ payload: Payload, weight: Int32) {
    self.payload = payload
    self.weight = weight
  }
}

// Merging straight from the bytes. Nothing here can fail: the bytes were validated when the payload was made.
// The sums are exact, so they are the same in any order of updates and for any division of the chunks.
extension Payload {
  /// Adds weight times every value to an accumulator of the vector's length.
  public func accumulate(into accumulator: inout [Int64], weight: Int32) {
    Self.accumulate([WeightedPayload(self, weight: weight)], into: &accumulator)
  }

  /// Adds weight times every value of all updates to an accumulator of their vectors' length.
  public static func accumulate(_ updates: [WeightedPayload], into accumulator: inout [Int64]) {
    guard let grid = updates.first?.payload.grid else { return }
    accumulate(updates, chunks: 0..<grid.chunkCount, into: &accumulator)
  }

  /// Adds weight times every value of all updates in some chunks to an accumulator for just these chunks.
  ///
  /// To merge on several threads, give each one its own range of chunks and its own accumulator, let it take
  /// all updates, and join the accumulators end to end. Dividing the updates instead would need a whole
  /// accumulator a thread and another pass to add them up.
  ///
  /// - Parameters:
  ///   - updates: updates of vectors of one length, in any form
  ///   - chunks: which of their chunks
  ///   - accumulator: sums for `grid.parameters(inChunks: chunks)`; its first element is the first
  ///     chunk's first parameter
  public static func accumulate(
    _ updates: [WeightedPayload], chunks: Range<Int>, into accumulator: inout [Int64]
  ) {
    guard let grid = updates.first?.payload.grid else { return }
    precondition(updates.allSatisfy { $0.payload.grid == grid }, "the updates' lengths differ")
    let parameters = grid.parameters(inChunks: chunks)
    precondition(accumulator.count == parameters.count, "the accumulator's length differs from the chunks'")
    var sums = accumulator.mutableSpan
    for first in stride(from: chunks.lowerBound, to: chunks.upperBound, by: chunksInCache) {
      let block = first..<min(first + chunksInCache, chunks.upperBound)
      for update in updates {
        update.payload.accumulate(
          chunks: block, into: &sums, offset: parameters.lowerBound, weight: Int64(update.weight))
      }
    }
  }

  /// All updates are added to this many chunks before the next ones, so that the sums, 32 KiB a chunk, stay
  /// in a core's second-level cache.
  private static let chunksInCache = 8

  /// Adds to sums whose first element is the parameter at an offset.
  private func accumulate(
    chunks: Range<Int>, into sums: inout MutableSpan<Int64>, offset: Int, weight: Int64
  ) {
    switch content {
    case .sparse(let sparse):
      sparse.accumulate(chunks: chunks, into: &sums, offset: offset, weight: weight)
    case .dense, .rotated:
      visit(chunks: chunks) { index, value in
        sums[index &- offset] &+= Int64(value) &* weight
      }
    }
  }
}
