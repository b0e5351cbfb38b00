private import CIntrinsics

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
      // The vector after the next, or one of the next tile: no processor tried foresees where it begins.
      let next = row + 2
      let ahead =
        next < count ? line + 2 * dimension : line + (next - count - row) * dimension + Self.tileWidth
      var start = 0
      while start < columns.count {
        tributary_prefetch(ahead + start)
        tributary_prefetch(ahead + start + Kernels.lanes)
        let place = scratch + start * count + row * Self.width
        Kernels.store(Kernels.load(line, start, of: columns.count), place)
        Kernels.store(Kernels.load(line, start + Kernels.lanes, of: columns.count), place + Kernels.lanes)
        start += Self.width
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
      Parallel.forEachRange(
        of: dimension, by: tileWidth, threads: threads, scratch: count * tileWidth
      ) { columns, scratch in
        body(columns, Self(columns, of: source, count: count, dimension: dimension, in: scratch))
      }
    }
  }
}
