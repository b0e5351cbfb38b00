private import CIntrinsics

/// The dot products of y_i = x_i - c, for vectors of a batch and a centre c that lies among them.
///
/// Distances follow from dot products by |y_i|^2 + |y_j|^2 - 2 <y_i, y_j>, which cancels where vectors are
/// long and close to one another; so c is, coordinate by coordinate, the median of five of the vectors, which
/// two that lie far off cannot move.
///
/// Every product is summed in single precision over `tileWidth` coordinates, then in Double, always in the
/// same order: no bit depends on the machine or on the threads.
struct CentredProducts {
  /// How many vectors there are: n.
  let count: Int
  /// The length of a row of `products`: n rounded up to whole blocks.
  private let width: Int
  /// <y_i, y_j>, where j is not before the block that i is in.
  private let products: [Double]
  /// <c, y_i>.
  private let shifts: [Double]
  /// |x_i|^2.
  private let lengths: [Double]
  /// <c, c>.
  private let squaredCentre: Double

  /// Measures the vectors at `rows` of a batch.
  init(of batch: VectorBatch, rows: [Int], threads: Int) {
    let slab = Slab(batch: batch, rows: rows)
    let slabs = (batch.dimension + slab.length - 1) / slab.length
    var sums = [Double](repeating: 0, count: slabs * slab.sumCount)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      Parallel.forEachRange(of: batch.dimension, by: slab.length, threads: threads) { columns in
        slab.measure(columns, to: sums + columns.lowerBound / slab.length * slab.sumCount)
      }
      for place in 0..<slab.sumCount {
        for other in 1..<max(slabs, 1) { sums[place] += sums[other * slab.sumCount + place] }
      }
    }
    (count, width) = (rows.count, slab.width)
    products = Array(sums[..<(width * width)])
    shifts = Array(sums[slab.shifts..<(slab.shifts + count)])
    lengths = Array(sums[slab.lengths..<(slab.lengths + count)])
    squaredCentre = sums[slab.sumCount - 1]
  }

  /// |y_i|^2.
  func squaredNorm(_ i: Int) -> Double { products[i * width + i] }

  /// |x_i - x_j|^2.
  func squaredDistance(_ i: Int, _ j: Int) -> Double {
    max(0, squaredNorm(i) + squaredNorm(j) - 2 * products[min(i, j) * width + max(i, j)])
  }

  /// <x_i, x_j>: from the centred product, or from the norms and the distance where these are the smaller
  /// numbers to subtract.
  ///
  /// - Parameter squaredDistance: |x_i - x_j|^2, as exactly as it is known.
  func product(_ i: Int, _ j: Int, squaredDistance: Double) -> Double {
    let reach = squaredCentre.squareRoot()
    let shifted = (squaredNorm(i).squareRoot() + reach) * (squaredNorm(j).squareRoot() + reach)
    if lengths[i] + lengths[j] < shifted { return (lengths[i] + lengths[j] - squaredDistance) / 2 }
    return products[min(i, j) * width + max(i, j)] + shifts[i] + shifts[j] + squaredCentre
  }
}

/// A range of coordinates of some vectors, measured by one thread.
private struct Slab: Sendable {
  /// Vectors and columns are taken in blocks of four, with 16 accumulators that stay in registers.
  static let blockHeight = 4
  /// The coordinates that are summed in single precision: a tile of 256 vectors takes half a megabyte.
  static let tileWidth = 512
  /// The most slabs, and the most sums in all of them: 64 MB.
  static let limits = (slabs: 16, sums: 8 << 20)

  let batch: VectorBatch
  let rows: [Int]
  /// The vectors' number, rounded up to whole blocks.
  let width: Int
  /// How many coordinates a slab has.
  let length: Int
  /// Five of the vectors.
  let pilots: [Int]

  init(batch: VectorBatch, rows: [Int]) {
    self.batch = batch
    self.rows = rows
    width = (rows.count + Self.blockHeight - 1) / Self.blockHeight * Self.blockHeight
    let slabs = max(1, min(Self.limits.slabs, Self.limits.sums / (width * width)))
    length = Kernels.slabLength(of: batch.dimension, tile: Self.tileWidth, count: slabs)
    pilots = (0..<5).map { rows[$0 * (rows.count - 1) / 4] }
  }

  /// Where the shifts are among the sums, which begin with the products.
  var shifts: Int { width * width }
  /// Where the squared norms are.
  var lengths: Int { shifts + width }
  /// How many sums there are; the last one is the squared centre.
  var sumCount: Int { lengths + width + 1 }

  /// Adds what the coordinates `columns` contribute.
  func measure(_ columns: Range<Int>, to sums: UnsafeMutablePointer<Double>) {
    // Pointers, because the tile is read in steps of whole vectors from places that are computed.
    batch.values.withUnsafeBufferPointer { values in
      guard let source = values.baseAddress else { return }
      Scratch.with((width + 1) * Self.tileWidth) { tile in
        for start in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.tileWidth) {
          let count = min(Self.tileWidth, columns.upperBound - start)
          pack(source + start, count: count, into: tile, sums)
          let steps = (count + Kernels.lanes - 1) / Kernels.lanes
          for i in stride(from: 0, to: width, by: Self.blockHeight) {
            for j in stride(from: i, to: width, by: Self.blockHeight) {
              Self.addProducts(
                tile + i * Self.tileWidth, tile + j * Self.tileWidth, steps: steps,
                to: sums + i * width + j, width: width)
            }
          }
        }
      }
    }
  }

  /// Subtracts the centre, and lays blocks of four vectors out step by step.
  private func pack(
    _ source: UnsafePointer<Float>, count: Int, into tile: UnsafeMutablePointer<Float>,
    _ sums: UnsafeMutablePointer<Double>
  ) {
    let centre = tile + width * Self.tileWidth
    let (a, b) = (source + pilots[0] * batch.dimension, source + pilots[1] * batch.dimension)
    let (c, d) = (source + pilots[2] * batch.dimension, source + pilots[3] * batch.dimension)
    let e = source + pilots[4] * batch.dimension
    for start in stride(from: 0, to: count, by: Kernels.lanes) {
      let median = Self.median(
        Kernels.load(a, start, of: count), Kernels.load(b, start, of: count),
        Kernels.load(c, start, of: count), Kernels.load(d, start, of: count),
        Kernels.load(e, start, of: count))
      Kernels.store(median, centre + start)
    }
    for place in 0..<width {
      let block = tile + place / Self.blockHeight * Self.blockHeight * Self.tileWidth
      let first = block + place % Self.blockHeight * Kernels.lanes
      let ahead = self.ahead(of: place, at: source)
      var (shift, length) = (Step(), Step())
      var start = 0
      while start < count {
        tributary_prefetch(ahead + start)
        var value = Step()
        if place < rows.count {
          value = Kernels.load(source + rows[place] * batch.dimension, start, of: count)
          length += value * value
          let centre = Kernels.load(centre, start)
          value -= centre
          shift += centre * value
        }
        Kernels.store(value, first + start * Self.blockHeight)
        start += Kernels.lanes
      }
      sums[shifts + place] += Kernels.fold(shift, Step(), Step(), Step())
      sums[lengths + place] += Kernels.fold(length, Step(), Step(), Step())
    }
    sums[sumCount - 1] += Kernels.reduceBlock(centre, centre, count: count) { value, _ in value * value }
  }

  /// What to ask memory for while a vector is read: the vector after the next, or one of the next tile. No
  /// processor tried foresees where the next piece begins.
  private func ahead(of place: Int, at source: UnsafePointer<Float>) -> UnsafePointer<Float> {
    let next = place + 2
    return next < rows.count
      ? source + rows[next] * batch.dimension
      : source + rows[min(next - rows.count, rows.count - 1)] * batch.dimension + Self.tileWidth
  }

  /// The median of five: that of the fifth and the two middle ones of the others' four, or what bounds them.
  @inline(__always)
  private static func median(_ a: Step, _ b: Step, _ c: Step, _ d: Step, _ e: Step) -> Step {
    let low = greater(lesser(a, b), lesser(c, d))
    let high = lesser(greater(a, b), greater(c, d))
    return greater(lesser(low, high), lesser(greater(low, high), e))
  }

  private typealias Step = SIMD16<Float>

  @inline(__always)
  private static func lesser(_ a: Step, _ b: Step) -> Step { Kernels.lesser(a, b) }

  @inline(__always)
  private static func greater(_ a: Step, _ b: Step) -> Step { Kernels.greater(a, b) }

  /// Adds the 16 dot products of four vectors and four others, of `steps` vector steps each.
  private static func addProducts(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, steps: Int,
    to sums: UnsafeMutablePointer<Double>, width: Int
  ) {
    var (a, b, c, d) = (Row(), Row(), Row(), Row())
    for step in 0..<steps {
      let start = step * blockHeight * Kernels.lanes
      let other = Row(
        Kernels.load(right, start), Kernels.load(right, start + Kernels.lanes),
        Kernels.load(right, start + 2 * Kernels.lanes), Kernels.load(right, start + 3 * Kernels.lanes))
      a.add(Kernels.load(left, start), times: other)
      b.add(Kernels.load(left, start + Kernels.lanes), times: other)
      c.add(Kernels.load(left, start + 2 * Kernels.lanes), times: other)
      d.add(Kernels.load(left, start + 3 * Kernels.lanes), times: other)
    }
    a.add(to: sums)
    b.add(to: sums + width)
    c.add(to: sums + 2 * width)
    d.add(to: sums + 3 * width)
  }

  /// The products of one vector and four others, lane by lane.
  private struct Row {
    var first = Step()
    var second = Step()
    var third = Step()
    var fourth = Step()

    init() {}

    @inline(__always)
    init(_ first: Step, _ second: Step, _ third: Step, _ fourth: Step) {
      (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
    }

    @inline(__always)
    mutating func add(_ value: Step, times other: Self) {
      first = tributary_add_product(first, value, other.first)
      second = tributary_add_product(second, value, other.second)
      third = tributary_add_product(third, value, other.third)
      fourth = tributary_add_product(fourth, value, other.fourth)
    }

    /// Adds the sums of the lanes of each.
    @inline(__always)
    func add(to sums: UnsafeMutablePointer<Double>) {
      let folded = SIMD4<Double>(folded)
      for column in 0..<blockHeight { sums[column] += folded[column] }
    }

    /// The sum of the lanes of each.
    @inline(__always)
    var folded: SIMD4<Float> {
      let left = SIMD8(lowHalf: Self.quarter(first), highHalf: Self.quarter(second))
      let right = SIMD8(lowHalf: Self.quarter(third), highHalf: Self.quarter(fourth))
      let pairs = SIMD8(lowHalf: left.evenHalf + left.oddHalf, highHalf: right.evenHalf + right.oddHalf)
      return pairs.evenHalf + pairs.oddHalf
    }

    @inline(__always)
    private static func quarter(_ sixteen: Step) -> SIMD4<Float> {
      let eight = sixteen.lowHalf + sixteen.highHalf
      return eight.lowHalf + eight.highHalf
    }
  }
}
