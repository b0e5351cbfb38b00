// Order statistics of every coordinate by a selection network, on 16 columns at once. A value that is not
// finite makes the result of its coordinate not a number.
extension Kernels {
  /// The median of each coordinate; with an even number of vectors the mean of the two middle values, as
  /// NumPy's median.
  public static func coordinateMedian(of batch: VectorBatch, threads: Int) -> [Float] {
    var uses = [SelectionNetwork.Use](repeating: .unused, count: batch.count)
    uses[(batch.count - 1) / 2] = .ranked
    uses[batch.count / 2] = .ranked
    return select(uses, of: batch, threads: threads) { median(of: $0) }
  }

  /// The mean of each coordinate without its least and greatest values.
  ///
  /// - Parameters:
  ///   - batch: n vectors.
  ///   - trimmed: how many values to leave out on each side, with 0 <= 2 * `trimmed` < n.
  ///   - threads: how many threads divide the coordinates among them.
  public static func trimmedMean(
    of batch: VectorBatch, trimmingEachSide trimmed: Int, threads: Int
  ) -> [Float] {
    precondition(trimmed >= 0 && 2 * trimmed < batch.count, "nothing is left of \(batch.count) values")
    let kept = trimmed..<(batch.count - trimmed)
    let uses = (0..<batch.count).map { kept.contains($0) ? SelectionNetwork.Use.summed : .unused }
    return select(uses, of: batch, threads: threads) { column in
      sum(kept) { column[$0] } / Float(kept.count)
    }
  }

  /// The mean of the values of each coordinate that are nearest to its median.
  ///
  /// They follow one another in order, so they are found by sliding a window of `kept` values up for as long
  /// as its least value is farther from the median than the next value above it. Of two at one distance the
  /// lesser is kept.
  ///
  /// - Parameters:
  ///   - batch: n vectors.
  ///   - kept: how many values to keep, in 1...n.
  ///   - threads: how many threads divide the coordinates among them.
  public static func meanAroundMedian(of batch: VectorBatch, keeping kept: Int, threads: Int) -> [Float] {
    let count = batch.count
    precondition((1...count).contains(kept), "\(kept) of \(count) values cannot be kept")
    var uses = [SelectionNetwork.Use](repeating: .ranked, count: count)
    // These are kept wherever the window ends up.
    for rank in stride(from: count - kept, to: kept, by: 1) { uses[rank] = .summed }
    uses[(count - 1) / 2] = .ranked
    uses[count / 2] = .ranked
    return select(uses, of: batch, threads: threads) { column in
      let median = median(of: column)
      let zero = SIMD16<Float>()
      let total = sum(0..<count) { rank in
        var value = column[rank]
        if rank + kept < count {
          value.replace(with: zero, where: median - value .> column[rank + kept] - median)
        }
        if rank >= kept {
          value.replace(with: zero, where: median - column[rank - kept] .<= value - median)
        }
        return value
      }
      return total / Float(kept)
    }
  }

  @inline(__always)
  private static func median(of column: SelectedColumns) -> SIMD16<Float> {
    let (low, high) = (column[(column.count - 1) / 2], column[column.count / 2])
    // Halved first, because the sum of two large values is not finite.
    return column.count % 2 == 1 ? low : low * 0.5 + high * 0.5
  }

  /// A sum in four accumulators.
  @inline(__always)
  private static func sum(_ ranks: Range<Int>, _ term: (Int) -> SIMD16<Float>) -> SIMD16<Float> {
    var (first, second) = (SIMD16<Float>(), SIMD16<Float>())
    var (third, fourth) = (SIMD16<Float>(), SIMD16<Float>())
    var rank = ranks.lowerBound
    while rank + 4 <= ranks.upperBound {
      first += term(rank)
      second += term(rank + 1)
      third += term(rank + 2)
      fourth += term(rank + 3)
      rank += 4
    }
    while rank < ranks.upperBound {
      first += term(rank)
      rank += 1
    }
    return (first + second) + (third + fourth)
  }

  /// Runs a network on every column, and what follows it on 16 of them at a time.
  @inline(__always)
  private static func select(
    _ uses: [SelectionNetwork.Use], of batch: VectorBatch, threads: Int,
    _ finish: (SelectedColumns) -> SIMD16<Float>
  ) -> [Float] {
    let network = SelectionNetwork(uses: uses)
    let (count, dimension) = (batch.count, batch.dimension)
    // Pointers, because loads and stores are most of what a step costs.
    return [Float](unsafeUninitializedCapacity: dimension) { result, initialized in
      initialized = dimension
      batch.values.withUnsafeBufferPointer { values in
        guard let source = values.baseAddress, let target = result.baseAddress else { return }
        network.withUnsafeSteps { steps in
          Parallel.forEachRange(
            of: dimension, by: SelectionTile.width(network), threads: threads,
            scratch: SelectionTile.scratchCount(network)
          ) { columns, scratch in
            let tile = SelectionTile(
              of: source, count: count, dimension: dimension, network: steps, in: scratch)
            tile.sortBlocks(columns)
            for start in stride(from: 0, to: columns.count, by: lanes) {
              let column = tile.select(start)
              store(finish(column) + column.finiteness, target + columns.lowerBound, start, of: columns.count)
            }
          }
        }
      }
    }
  }
}
