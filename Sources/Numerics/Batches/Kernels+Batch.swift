// Sums over a batch of vectors. `threads` is how many threads divide the work among them; no result depends
// on it. All values must be finite.
extension Kernels {
  /// The sum of w_i x_i.
  ///
  /// - Parameters:
  ///   - batch: n vectors.
  ///   - weights: w, n factors. Vectors of weight 0 are not read.
  ///   - threads: how many threads divide the coordinates among them.
  public static func weightedSum(of batch: VectorBatch, weights: [Double], threads: Int) -> [Float] {
    precondition(weights.count == batch.count, "\(weights.count) weights for \(batch.count) vectors")
    var terms = weights.indices.filter { weights[$0] != 0 }.map { (row: $0, weight: Float(weights[$0])) }
    // Four vectors are added in one step; the last step may need some that add nothing.
    let last = terms.last?.row ?? 0
    while terms.isEmpty || terms.count % 4 != 0 { terms.append((row: last, weight: 0)) }
    let dimension = batch.dimension
    return batch.values.withUnsafeBufferPointer { values in
      [Float](unsafeUninitializedCapacity: dimension) { result, initialized in
        initialized = dimension
        guard let source = values.baseAddress, let target = result.baseAddress else { return }
        Parallel.forEachRange(of: dimension, by: blockLength, threads: threads) { columns in
          for first in stride(from: 0, to: terms.count, by: 4) {
            addFour(
              terms[first..<(first + 4)], of: source + columns.lowerBound, dimension: dimension,
              to: target + columns.lowerBound, count: columns.count, isFirst: first == 0)
          }
        }
      }
    }
  }

  /// target = or += the sum of four weighted vectors.
  private static func addFour(
    _ terms: ArraySlice<(row: Int, weight: Float)>, of source: UnsafePointer<Float>, dimension: Int,
    to target: UnsafeMutablePointer<Float>, count: Int, isFirst: Bool
  ) {
    let (a, b, c, d) = (
      terms[terms.startIndex], terms[terms.startIndex + 1], terms[terms.startIndex + 2],
      terms[terms.startIndex + 3]
    )
    let (x, y) = (source + a.row * dimension, source + b.row * dimension)
    let (z, w) = (source + c.row * dimension, source + d.row * dimension)
    for start in stride(from: 0, to: count, by: lanes) {
      let left = a.weight * load(x, start, of: count) + b.weight * load(y, start, of: count)
      let right = c.weight * load(z, start, of: count) + d.weight * load(w, start, of: count)
      let before = isFirst ? SIMD16<Float>() : load(target, start, of: count)
      store(before + (left + right), target, start, of: count)
    }
  }

  /// |x_i - c|^2 for each vector.
  ///
  /// - Parameters:
  ///   - batch: n vectors of length d.
  ///   - centre: c, d values; nil stands for 0.
  ///   - threads: how many threads divide the coordinates among them.
  public static func squaredNorms(of batch: VectorBatch, centre: [Float]?, threads: Int) -> [Double] {
    precondition(centre == nil || centre?.count == batch.dimension, "the centre has another length")
    let (count, dimension) = (batch.count, batch.dimension)
    let slab = slabLength(of: dimension, tile: blockLength, count: normSlabs)
    let slabs = (dimension + slab - 1) / slab
    var sums = [Double](repeating: 0, count: slabs * count)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      Parallel.forEachRange(of: dimension, by: slab, threads: threads) { columns in
        addSquaredNorms(
          of: batch, centre: centre, columns: columns, to: sums + columns.lowerBound / slab * count)
      }
    }
    return (0..<count).map { row in (0..<slabs).reduce(0) { $0 + sums[$1 * count + row] } }
  }

  private static func addSquaredNorms(
    of batch: VectorBatch, centre: [Float]?, columns: Range<Int>, to sums: UnsafeMutablePointer<Double>
  ) {
    batch.values.withUnsafeBufferPointer { values in
      guard let source = values.baseAddress else { return }
      for start in stride(from: columns.lowerBound, to: columns.upperBound, by: blockLength) {
        let length = min(blockLength, columns.upperBound - start)
        for row in 0..<batch.count {
          let line = source + row * batch.dimension + start
          guard let centre else {
            sums[row] += reduceBlock(line, line, count: length) { value, _ in value * value }
            continue
          }
          sums[row] += centre.withUnsafeBufferPointer { centre in
            centre.baseAddress.map { centre in
              reduceBlock(line, centre + start, count: length) { ($0 - $1) * ($0 - $1) }
            } ?? 0
          }
        }
      }
    }
  }

  /// The greatest number of partial sums that norms are added up from.
  private static let normSlabs = 64

  /// The length of consecutive ranges of columns whose sums are taken apart and added in order, so that the
  /// last bits do not depend on which thread took which: whole tiles, at most `count` ranges.
  static func slabLength(of dimension: Int, tile: Int, count: Int) -> Int {
    let tiles = (dimension + tile - 1) / tile
    return (tiles + count - 1) / count * tile
  }
}
