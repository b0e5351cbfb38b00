extension Kernels {
  /// M X: m linear combinations of the vectors.
  ///
  /// - Parameters:
  ///   - batch: X, n vectors of finite values.
  ///   - coefficients: M, m x n, row-major.
  ///   - rows: m, in 1...`VectorBatch.maximumCount`.
  ///   - threads: how many threads divide the coordinates among them; the result does not depend on it.
  public static func mix(
    _ batch: VectorBatch, coefficients: [Double], rows: Int, threads: Int
  ) -> VectorBatch {
    precondition(
      (1...VectorBatch.maximumCount).contains(rows) && coefficients.count == rows * batch.count,
      "\(coefficients.count) coefficients are not \(rows) x \(batch.count)")
    let panels = stride(from: 0, to: rows, by: MixingPanel.height).map {
      MixingPanel(rows: $0..<min($0 + MixingPanel.height, rows), of: coefficients, width: batch.count)
    }
    let dimension = batch.dimension
    let values = [Float](unsafeUninitializedCapacity: rows * dimension) { result, initialized in
      initialized = rows * dimension
      guard let target = result.baseAddress else { return }
      ColumnBlocks.forEachTile(of: batch, threads: threads) { columns, blocks in
        blocks.forEach { start, block in
          for panel in panels {
            panel.combine(
              block, into: target + columns.lowerBound + start, dimension: dimension,
              count: min(ColumnBlocks.width, columns.count - start))
          }
        }
      }
    }
    return VectorBatch(uncheckedCount: rows, dimension: dimension, values: values)
  }
}

/// A few rows of a coefficient matrix, and the vectors for which any of them is not 0.
private struct MixingPanel: Sendable {
  /// With two vector steps of a block, eight rows take 16 accumulators, which stay in registers.
  static let height = 8

  let rows: Range<Int>
  /// The vectors that take part.
  let sources: [Int]
  /// For each source one coefficient a row; 0 for rows after the last.
  let coefficients: [SIMD8<Float>]

  init(rows: Range<Int>, of matrix: [Double], width: Int) {
    self.rows = rows
    sources = (0..<width).filter { source in rows.contains { matrix[$0 * width + source] != 0 } }
    coefficients = sources.map { source in
      var column = SIMD8<Float>()
      for row in rows { column[row - rows.lowerBound] = Float(matrix[row * width + source]) }
      return column
    }
  }

  /// Writes this panel's combinations of one block.
  ///
  /// - Parameters:
  ///   - block: as `ColumnBlocks` lays it out.
  ///   - target: the block's first column in the first of all rows written.
  ///   - dimension: from one row written to the next.
  ///   - count: how many of the block's columns to write.
  func combine(
    _ block: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, dimension: Int, count: Int
  ) {
    var (a, b, c, d) = (Pair(), Pair(), Pair(), Pair())
    var (e, f, g, h) = (Pair(), Pair(), Pair(), Pair())
    for index in sources.indices {
      let place = sources[index] * ColumnBlocks.width
      let value = Pair(Kernels.load(block, place), Kernels.load(block, place + Kernels.lanes))
      let factor = coefficients[index]
      a.add(value, times: factor[0])
      b.add(value, times: factor[1])
      c.add(value, times: factor[2])
      d.add(value, times: factor[3])
      e.add(value, times: factor[4])
      f.add(value, times: factor[5])
      g.add(value, times: factor[6])
      h.add(value, times: factor[7])
    }
    for (row, sum) in zip(rows, [a, b, c, d, e, f, g, h]) {
      let line = target + row * dimension
      Kernels.store(sum.first, line, 0, of: count)
      Kernels.store(sum.second, line, Kernels.lanes, of: count)
    }
  }

  /// Two vector steps.
  private struct Pair {
    var first = SIMD16<Float>()
    var second = SIMD16<Float>()

    init() {}

    init(_ first: SIMD16<Float>, _ second: SIMD16<Float>) { (self.first, self.second) = (first, second) }

    @inline(__always)
    mutating func add(_ value: Self, times factor: Float) {
      first += value.first * factor
      second += value.second * factor
    }
  }
}
