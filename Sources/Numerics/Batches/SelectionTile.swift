private import CIntrinsics

/// The columns that a selection network is run on before the next are read.
///
/// In the scratch, 16 columns follow 16 columns; of each, the vectors' values in blocks as the network orders
/// them, then one step that is 0, or not a number where a value was not finite.
struct SelectionTile {
  /// What stays in the second-level cache from the sorting of blocks to the last merge.
  private static let byteCount = 512 << 10
  /// Fewer columns would be read in pieces that are too short for the memory.
  private static let leastWidth = 256
  /// How many columns ahead values are asked for: no processor tried foresees 16 lines at once by itself.
  private static let prefetchDistance = 128
  /// From one block to the next: one step more than the block has, because places that are a multiple of
  /// 4 KB apart get in each other's way.
  fileprivate static let blockLength = (SelectionNetwork.blockHeight + 1) * Kernels.lanes

  private let source: UnsafePointer<Float>
  private let count: Int
  private let dimension: Int
  private let network: UnsafeSelectionNetwork
  private let base: UnsafeMutablePointer<Float>
  /// From one 16 columns to the next.
  private let stride: Int

  /// How many columns are selected from at once.
  static func width(_ network: SelectionNetwork) -> Int {
    let steps = byteCount / (stride(network.blockCount) * MemoryLayout<Float>.stride)
    return max(leastWidth, steps * Kernels.lanes)
  }

  /// The values that these columns take in scratch.
  static func scratchCount(_ network: SelectionNetwork) -> Int {
    width(network) / Kernels.lanes * stride(network.blockCount)
  }

  private static func stride(_ blockCount: Int) -> Int { blockCount * blockLength + Kernels.lanes }

  init(
    of source: UnsafePointer<Float>, count: Int, dimension: Int, network: UnsafeSelectionNetwork,
    in scratch: UnsafeMutablePointer<Float>
  ) {
    (self.source, self.count, self.dimension) = (source, count, dimension)
    (self.network, base) = (network, scratch)
    stride = Self.stride(network.sorts.count)
  }

  /// Reads columns, and sorts each block of their values on the way.
  func sortBlocks(_ columns: Range<Int>) {
    for block in network.sorts {
      let first = block.index * SelectionNetwork.blockHeight
      let rows = min(SelectionNetwork.blockHeight, count - first)
      let line = source + first * dimension + columns.lowerBound
      for start in Swift.stride(from: 0, to: columns.count, by: Kernels.lanes) {
        let target = base + start / Kernels.lanes * stride
        if rows == SelectionNetwork.blockHeight && start + Kernels.lanes <= columns.count {
          for row in 0..<SelectionNetwork.blockHeight {
            tributary_prefetch(line + row * dimension + start + Self.prefetchDistance)
          }
          var values = RegisterBlock { Kernels.load(line + $0 * dimension, start) }
          note(values.finiteness, of: block, in: target)
          values.sort()
          store(values, block, in: target)
        } else {
          sortRest(block, rows: rows, in: target) {
            Kernels.load(line + $0 * dimension, start, of: columns.count)
          }
        }
      }
    }
  }

  /// Sorts a block that is not full.
  @inline(never)
  private func sortRest(
    _ block: SelectionNetwork.Block, rows: Int, in target: UnsafeMutablePointer<Float>,
    _ load: (Int) -> SIMD16<Float>
  ) {
    note((0..<rows).reduce(SIMD16()) { $0 + load($1) * 0 }, of: block, in: target)
    var values = RegisterBlock { $0 < rows ? load($0) : SIMD16(repeating: .infinity) }
    values.sort()
    store(values, block, in: target)
  }

  @inline(__always)
  private func note(
    _ finiteness: SIMD16<Float>, of block: SelectionNetwork.Block, in target: UnsafeMutablePointer<Float>
  ) {
    let place = target + stride - Kernels.lanes
    Kernels.store(block.index == 0 ? finiteness : finiteness + Kernels.load(place, 0), place)
  }

  /// Runs the network's other steps on the 16 columns that begin at one.
  @inline(__always)
  func select(_ start: Int) -> SelectedColumns {
    let base = base + start / Kernels.lanes * stride
    for step in network.steps {
      switch step {
      case .sort: break
      case .exchange(let lesser, let greater):
        Self.exchange(base + lesser * Self.blockLength, base + greater * Self.blockLength)
      case .exchangeTwice(let quad):
        Self.exchange(
          base + quad[0] * Self.blockLength, base + quad[1] * Self.blockLength,
          base + quad[2] * Self.blockLength, base + quad[3] * Self.blockLength)
      case .merge(let block):
        let place = base + block.index * Self.blockLength
        var values = RegisterBlock { Kernels.load(place, $0 * Kernels.lanes) }
        values.merge()
        store(values, block, in: base)
      }
    }
    return SelectedColumns(
      base: base, count: count, finiteness: Kernels.load(base, stride - Kernels.lanes))
  }

  @inline(__always)
  private func store(
    _ values: RegisterBlock, _ block: SelectionNetwork.Block, in base: UnsafeMutablePointer<Float>
  ) {
    let first = base + block.index * Self.blockLength
    if block.ascends {
      values.store { Kernels.store($1, first + $0 * Kernels.lanes) }
    } else {
      values.store { Kernels.store($1, first + (SelectionNetwork.blockHeight - 1 - $0) * Kernels.lanes) }
    }
  }

  @inline(__always)
  private static func exchange(_ left: UnsafeMutablePointer<Float>, _ right: UnsafeMutablePointer<Float>) {
    for row in 0..<SelectionNetwork.blockHeight {
      let place = row * Kernels.lanes
      let (first, second) = (Kernels.load(left, place), Kernels.load(right, place))
      Kernels.store(Kernels.lesser(first, second), left + place)
      Kernels.store(Kernels.greater(first, second), right + place)
    }
  }

  /// Compares a with c and b with d, then a with b and c with d.
  @inline(__always)
  private static func exchange(
    _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>,
    _ d: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<SelectionNetwork.blockHeight {
      let place = row * Kernels.lanes
      let (first, second) = (Kernels.load(a, place), Kernels.load(b, place))
      let (third, fourth) = (Kernels.load(c, place), Kernels.load(d, place))
      let (low, lower) = (Kernels.lesser(first, third), Kernels.lesser(second, fourth))
      let (high, higher) = (Kernels.greater(first, third), Kernels.greater(second, fourth))
      Kernels.store(Kernels.lesser(low, lower), a + place)
      Kernels.store(Kernels.greater(low, lower), b + place)
      Kernels.store(Kernels.lesser(high, higher), c + place)
      Kernels.store(Kernels.greater(high, higher), d + place)
    }
  }
}

/// 16 columns whose values have come to the places of their ranks, as far as these are used.
struct SelectedColumns {
  fileprivate let base: UnsafePointer<Float>
  /// How many values each has.
  let count: Int
  /// 0, or not a number for a column with a value that is not finite.
  let finiteness: SIMD16<Float>

  fileprivate init(base: UnsafePointer<Float>, count: Int, finiteness: SIMD16<Float>) {
    (self.base, self.count, self.finiteness) = (base, count, finiteness)
  }

  /// The values of a rank, from the least.
  @inline(__always)
  subscript(rank: Int) -> SIMD16<Float> {
    let (block, place) = rank.quotientAndRemainder(dividingBy: SelectionNetwork.blockHeight)
    return Kernels.load(base, block * SelectionTile.blockLength + place * Kernels.lanes)
  }
}
