private import CIntrinsics

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
      HugePages.advise(result)
      guard let target = result.baseAddress else { return }
      ColumnBlocks.forEachTile(of: batch, threads: threads) { columns, blocks in
        for panel in panels {
          panel.combine(blocks, into: target + columns.lowerBound, dimension: dimension, count: columns.count)
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

  /// Writes this panel's combinations of a tile.
  ///
  /// - Parameters:
  ///   - blocks: the tile.
  ///   - target: its first column in the first of all rows written.
  ///   - dimension: from one row written to the next.
  ///   - count: how many columns the tile has.
  func combine(_ blocks: ColumnBlocks, into target: UnsafeMutablePointer<Float>, dimension: Int, count: Int) {
    sources.withUnsafeBufferPointer { sources in
      coefficients.withUnsafeBufferPointer { coefficients in
        blocks.forEach { start, block in
          Self.combine(block, sources, coefficients).store(
            rows, to: target + start, dimension: dimension, count: count - start)
        }
      }
    }
  }

  @inline(__always)
  private static func combine(
    _ block: UnsafePointer<Float>, _ sources: UnsafeBufferPointer<Int>,
    _ coefficients: UnsafeBufferPointer<SIMD8<Float>>
  ) -> Sums {
    var sums = Sums()
    for index in 0..<sources.count {
      let place = sources[index] * ColumnBlocks.width
      let value = Pair(Kernels.load(block, place), Kernels.load(block, place + Kernels.lanes))
      let factor = coefficients[index]
      sums.a.add(value, times: factor[0])
      sums.b.add(value, times: factor[1])
      sums.c.add(value, times: factor[2])
      sums.d.add(value, times: factor[3])
      sums.e.add(value, times: factor[4])
      sums.f.add(value, times: factor[5])
      sums.g.add(value, times: factor[6])
      sums.h.add(value, times: factor[7])
    }
    return sums
  }

  /// One sum for each row.
  private struct Sums {
    var a = Pair(), b = Pair(), c = Pair(), d = Pair(), e = Pair(), f = Pair(), g = Pair(), h = Pair()

    /// Writes as many sums as there are rows, `count` values of each at most.
    @inline(__always)
    func store(_ rows: Range<Int>, to target: UnsafeMutablePointer<Float>, dimension: Int, count: Int) {
      let line = target + rows.lowerBound * dimension
      a.store(to: line, count: count)
      if rows.count > 1 { b.store(to: line + dimension, count: count) }
      if rows.count > 2 { c.store(to: line + 2 * dimension, count: count) }
      if rows.count > 3 { d.store(to: line + 3 * dimension, count: count) }
      if rows.count > 4 { e.store(to: line + 4 * dimension, count: count) }
      if rows.count > 5 { f.store(to: line + 5 * dimension, count: count) }
      if rows.count > 6 { g.store(to: line + 6 * dimension, count: count) }
      if rows.count > 7 { h.store(to: line + 7 * dimension, count: count) }
    }
  }

  /// Two vector steps.
  private struct Pair {
    var first = SIMD16<Float>()
    var second = SIMD16<Float>()

    init() {}

    init(_ first: SIMD16<Float>, _ second: SIMD16<Float>) { (self.first, self.second) = (first, second) }

    @inline(__always)
    func store(to line: UnsafeMutablePointer<Float>, count: Int) {
      Kernels.store(first, line, 0, of: count)
      Kernels.store(second, line, Kernels.lanes, of: count)
    }

    @inline(__always)
    mutating func add(_ value: Self, times factor: Float) {
      let factors = SIMD16(repeating: factor)
      first = tributary_add_product(first, value.first, factors)
      second = tributary_add_product(second, value.second, factors)
    }
  }
}
