import Updates

/// The weighted mean of a window's updates times the server's learning rate: D.
public struct WeightedMean: Sendable, Hashable {
  /// The mean in quanta.
  public let quanta: [Int32]
  /// The sum of the weights.
  public let totalWeight: Int64

  /// The mean as real numbers.
  public var values: [Float] { FixedPoint.dequantize(quanta) }

  /// Adds the updates up exactly, and rounds once.
  ///
  /// - Parameters:
  ///   - contributions: at most `AggregationLimits.windowSize` updates, in any order
  ///   - parameterCount: the length of every update
  ///   - rateQ16: the server's learning rate in units of 2^-16
  ///   - threads: how many threads divide the chunks among them; the result does not depend on it
  public init(
    of contributions: [Contribution], parameterCount: Int, rateQ16: UInt32, threads: Int = 1
  ) throws(AggregationError) {
    guard contributions.count <= AggregationLimits.windowSize else {
      throw .tooManyContributions(count: contributions.count, limit: AggregationLimits.windowSize)
    }
    for contribution in contributions where contribution.payload.parameterCount != parameterCount {
      throw .wrongLength(
        what: "an update", count: contribution.payload.parameterCount, expected: parameterCount)
    }
    totalWeight = contributions.reduce(0) { $0 + Int64($1.weight) }
    guard totalWeight > 0 else {
      quanta = [Int32](repeating: 0, count: parameterCount)
      return
    }
    let quotient = RoundedQuotient(rateQ16: rateQ16, totalWeight: totalWeight)
    let grid = ChunkGrid(parameterCount: parameterCount)
    let updates = contributions.filter { $0.weight > 0 }.map {
      WeightedPayload($0.payload, weight: Int32($0.weight))
    }
    let parts = Parallel.ranges(of: grid.chunkCount, parts: threads)
    let means = Parallel.map(count: parts.count, threads: threads) {
      Self.mean(of: updates, grid: grid, chunks: parts[$0], quotient)
    }
    quanta = means.count == 1 ? means[0] : means.flatMap(\.self)
  }

  /// The mean of consecutive chunks, a few at a time so that the sums stay in the processor's cache.
  private static func mean(
    of updates: [WeightedPayload], grid: ChunkGrid, chunks: Range<Int>, _ quotient: RoundedQuotient
  ) -> [Int32] {
    var quanta = [Int32](repeating: 0, count: grid.parameters(inChunks: chunks).count)
    var next = 0
    for start in stride(from: chunks.lowerBound, to: chunks.upperBound, by: chunksPerBlock) {
      let block = start..<min(start + chunksPerBlock, chunks.upperBound)
      var sums = [Int64](repeating: 0, count: grid.parameters(inChunks: block).count)
      Payload.accumulate(updates, chunks: block, into: &sums)
      for sum in sums {
        quanta[next] = quotient.of(sum, bound: FixedPoint.maximum)
        next += 1
      }
    }
    return quanta
  }

  /// 64 K sums of 8 bytes: half a megabyte.
  private static let chunksPerBlock = 16
}
