/// Columns of a batch, copied so that what is done to a few of them stays in the first-level cache: blocks
/// of `width` columns, in each of them `width` values of the first vector, then of the next.
///
/// The columns of a batch are far apart in memory, so each vector is read for a whole tile of blocks at once.
struct ColumnBlocks {
  /// The columns of a block: two vector steps.
  static let width = 2 * Kernels.lanes
  /// The columns that are copied at once: 2 KB of each vector.
  static let tileWidth = 16 * width

  private let base: UnsafeMutablePointer<Float>
  private let count: Int
  private let columns: Int

  /// Copies `columns` of all vectors at `source`. Blocks are filled up with zeros.
  ///
  /// - Parameters:
  ///   - columns: at most `tileWidth` of them.
  ///   - source: `count` vectors of `dimension` values.
  ///   - count: how many vectors there are.
  ///   - dimension: the length of each.
  ///   - scratch: room for `count` * `tileWidth` values.
  init(
    _ columns: Range<Int>, of source: UnsafePointer<Float>, count: Int, dimension: Int,
    in scratch: UnsafeMutablePointer<Float>
  ) {
    (base, self.count, self.columns) = (scratch, count, columns.count)
    for row in 0..<count {
      let line = source + row * dimension + columns.lowerBound
      for start in stride(from: 0, to: columns.count, by: Self.width) {
        let place = scratch + start * count + row * Self.width
        Kernels.store(Kernels.load(line, start, of: columns.count), place)
        Kernels.store(Kernels.load(line, start + Kernels.lanes, of: columns.count), place + Kernels.lanes)
      }
    }
  }

  /// Hands over each block with the place of its first column.
  @inline(__always)
  func forEach(_ body: (Int, UnsafeMutablePointer<Float>) -> Void) {
    for start in stride(from: 0, to: columns, by: Self.width) { body(start, base + start * count) }
  }

  /// Copies all columns of a batch, a tile at a time, and hands over the tiles' first columns and blocks.
  ///
  /// Tiles are divided among threads; `body` must write to places of its tile only.
  @inline(__always)
  static func forEachTile(
    of batch: VectorBatch, threads: Int, _ body: (Range<Int>, Self) -> Void
  ) {
    let (count, dimension) = (batch.count, batch.dimension)
    batch.values.withUnsafeBufferPointer { values in
      guard let source = values.baseAddress else { return }
      Parallel.forEachRange(of: dimension, by: tileWidth, threads: threads) { columns in
        Scratch.with(count * tileWidth) { scratch in
          body(columns, Self(columns, of: source, count: count, dimension: dimension, in: scratch))
        }
      }
    }
  }
}

/// Memory for intermediate values of one piece of work, aligned to cache lines. It holds anything at first.
enum Scratch {
  @inline(__always)
  static func with(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: count * MemoryLayout<Float>.stride, alignment: 64) { bytes in
      guard let base = bytes.bindMemory(to: Float.self).baseAddress else { return }
      body(base)
    }
  }
}
