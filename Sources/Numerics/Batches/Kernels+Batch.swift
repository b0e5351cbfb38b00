private import CIntrinsics

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
    // Eight vectors are added in one step; the last step may need some that add nothing.
    let last = terms.last?.row ?? 0
    while terms.isEmpty || terms.count % 8 != 0 { terms.append((row: last, weight: 0)) }
    let (dimension, count) = (batch.dimension, terms.count)
    return batch.values.withUnsafeBufferPointer { values in
      [Float](unsafeUninitializedCapacity: dimension) { result, initialized in
        initialized = dimension
        guard let source = values.baseAddress, let target = result.baseAddress else { return }
        terms.withUnsafeBufferPointer { terms in
          Parallel.forEachRange(of: dimension, by: sumWidth, threads: threads) { columns in
            for first in stride(from: 0, to: count, by: 8) {
              let rows = OctetOfRows(terms, from: first, at: source + columns.lowerBound, dimension)
              rows.add(to: target + columns.lowerBound, count: columns.count, isFirst: first == 0)
            }
          }
        }
      }
    }
  }

  /// The columns that are summed before the next: long pieces of each vector, because memory is slow to find
  /// the beginning of one, and sums that stay in the second-level cache.
  private static let sumWidth = 16_384

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
      // A vector after the other, because memory is slow to find the beginning of a piece.
      for row in 0..<batch.count {
        let line = source + row * batch.dimension
        for start in stride(from: columns.lowerBound, to: columns.upperBound, by: blockLength) {
          let length = min(blockLength, columns.upperBound - start)
          guard let centre else {
            sums[row] += reduceBlock(line + start, line + start, count: length) { value, _ in value * value }
            continue
          }
          sums[row] += centre.withUnsafeBufferPointer { centre in
            centre.baseAddress.map { centre in
              reduceBlock(line + start, centre + start, count: length) { ($0 - $1) * ($0 - $1) }
            } ?? 0
          }
        }
      }
    }
  }

  /// The greatest number of partial sums that norms are added up from.
  private static let normSlabs = 16

  /// The length of consecutive ranges of columns whose sums are taken apart and added in order, so that the
  /// last bits do not depend on which thread took which: whole tiles, at most `count` ranges.
  static func slabLength(of dimension: Int, tile: Int, count: Int) -> Int {
    let tiles = (dimension + tile - 1) / tile
    return (tiles + count - 1) / count * tile
  }
}

/// A piece of each of eight vectors, and their weights.
private struct OctetOfRows {
  private let a: Row, b: Row, c: Row, d: Row, e: Row, f: Row, g: Row, h: Row

  private struct Row {
    let base: UnsafePointer<Float>
    let weight: SIMD16<Float>

    @inline(__always)
    func add(to sum: SIMD16<Float>, _ start: Int, of count: Int) -> SIMD16<Float> {
      tributary_add_product(sum, Kernels.load(base, start, of: count), weight)
    }

    @inline(__always)
    func add(to sum: SIMD16<Float>, _ start: Int) -> SIMD16<Float> {
      tributary_add_product(sum, Kernels.load(base, start), weight)
    }
  }

  init(
    _ terms: UnsafeBufferPointer<(row: Int, weight: Float)>, from first: Int,
    at source: UnsafePointer<Float>, _ dimension: Int
  ) {
    func row(_ place: Int) -> Row {
      let term = terms[first + place]
      return Row(base: source + term.row * dimension, weight: SIMD16(repeating: term.weight))
    }
    (a, b, c, d) = (row(0), row(1), row(2), row(3))
    (e, f, g, h) = (row(4), row(5), row(6), row(7))
  }

  /// target = or += the weighted sum.
  func add(to target: UnsafeMutablePointer<Float>, count: Int, isFirst: Bool) {
    var start = 0
    while start + Kernels.lanes <= count {
      let before = isFirst ? SIMD16<Float>() : Kernels.load(target, start)
      let left = d.add(to: c.add(to: b.add(to: a.add(to: before, start), start), start), start)
      let right = h.add(to: g.add(to: f.add(to: e.add(to: SIMD16(), start), start), start), start)
      Kernels.store(left + right, target + start)
      start += Kernels.lanes
    }
    guard start < count else { return }
    var sum = isFirst ? SIMD16<Float>() : Kernels.load(target, start, of: count)
    for row in [a, b, c, d, e, f, g, h] { sum = row.add(to: sum, start, of: count) }
    Kernels.store(sum, target, start, of: count)
  }
}
