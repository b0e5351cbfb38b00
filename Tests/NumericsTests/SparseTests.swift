import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct SparseTests {
  @Test(arguments: [0, 1, 3, 4, 5, 64, 1_001])
  func gatherAndScatterAgreeWithTheReference(count: Int) {
    let seed = UInt64(count) + 31
    var random = SeededRandom(seed: seed)
    let dense = random.gaussianVector(count: 2_000, deviation: 1)
    let indices = (0..<count).map { _ in UInt32(random.integer(below: 2_000)) }
    let values = (0..<count).map { _ in Int32(random.integer(below: 1 << 31) - 1 << 30) }
    let gathered = Kernels.gatherDot(indices: indices, values: values, dense: dense)
    let expected = Reference.gatherDot(indices: indices, values: values, dense: dense)
    #expect(abs(gathered - expected) <= 1e-12 * 0x1p30 * Double(count), "seed \(seed)")

    let start = (0..<2_000).map { _ in Int64(random.integer(below: 1 << 50)) }
    var accumulator = start
    Kernels.scatterAdd(weight: 65_535, indices: indices, values: values, into: &accumulator)
    #expect(
      accumulator
        == Reference.scatterAdd(weight: 65_535, indices: indices, values: values, into: start), "seed \(seed)"
    )
  }

  @Test func theLargestMergeDoesNotOverflow() {
    var accumulator: [Int64] = [0, 0]
    for _ in 0..<8_192 {
      Kernels.scatterAdd(
        weight: 65_535, indices: [0, 1], values: [(1 << 30) - 1, -(1 << 30) + 1], into: &accumulator)
    }
    let largest: Int64 = 8_192 * 65_535 * ((1 << 30) - 1)
    #expect(accumulator == [largest, -largest])
  }
}

@Suite(.timeLimit(.minutes(10))) struct TopKTests {
  @Test(arguments: 0..<40 as Range<UInt64>)
  func selectionAgreesWithSorting(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let count = 1 + random.integer(below: 600)
    let bits = random.integer(below: 31)
    let values = (0..<count).map { _ in
      let magnitude = Int32(random.integer(below: 1 << bits))
      return random.integer(below: 2) == 0 ? magnitude : -magnitude
    }
    var selector = TopKSelector()
    for k in [0, 1, count / 64, count / 2, count - 1, count, count + 5] {
      selector.select(k, from: values)
      #expect(selector.indices == Reference.topK(k, of: values), "seed \(seed), k \(k), \(bits) bits")
    }
  }

  @Test func theLowestIndexWinsAmongEquals() {
    #expect(Kernels.topK(2, of: [1, -1, 1, -1]) == [0, 1])
    #expect(Kernels.topK(2, of: [1, 5, -5, 5]) == [1, 2])
    #expect(Kernels.topK(3, of: [0, 0, 7, 0]) == [0, 1, 2])
    #expect(Kernels.topK(1, of: [Int32.max, .min]) == [1])
  }

  @Test func neighbouringMagnitudesAreToldApart() {
    // They differ in the last bit only, so every level of bins is needed.
    let values = (0..<100).map { (place: Int32) -> Int32 in 1_073_741_724 + (place * 37) % 100 }
    for k in 1..<100 {
      #expect(Kernels.topK(k, of: values) == Reference.topK(k, of: values), "k \(k)")
    }
  }

  @Test func aFullChunkIsSelectedAndTheSelectorCanBeUsedAgain() {
    var random = SeededRandom(seed: 44)
    let chunk = random.gaussianVector(count: 4_096, deviation: 1e6).map { Int32($0) }
    var selector = TopKSelector()
    selector.select(64, from: [Int32](repeating: 3, count: 9_000))
    selector.select(64, from: chunk)
    #expect(selector.indices == Reference.topK(64, of: chunk), "seed 44")
    selector.select(0, from: chunk)
    #expect(selector.indices.isEmpty)
  }
}

@Suite(.timeLimit(.minutes(10))) struct BLASTests {
  @Test(arguments: [(1, 1, 1), (3, 4, 5), (17, 9, 33), (64, 10, 64)])
  func productsAgreeWithTheReference(rows: Int, columns: Int, inner: Int) {
    var random = SeededRandom(seed: 51)
    let a = random.gaussianVector(count: rows * inner, deviation: 1)
    let b = random.gaussianVector(count: inner * columns, deviation: 1)
    let start = random.gaussianVector(count: rows * columns, deviation: 1)
    for aOrientation in [BLAS.Orientation.asStored, .transposed] {
      for bOrientation in [BLAS.Orientation.asStored, .transposed] {
        var product = [9] + start + [9]
        BLAS.multiply(
          a.span, as: aOrientation, b.span, as: bOrientation, rows: rows, columns: columns, inner: inner,
          alpha: 0.5, beta: 2, into: &product, at: 1)
        let expected = Reference.multiply(
          a, as: aOrientation, b, as: bOrientation, rows: rows, columns: columns, inner: inner,
          alpha: 0.5, beta: 2, into: start)
        #expect(product.first == 9 && product.last == 9)
        let error = zip(product.dropFirst(), expected).map { abs($0 - $1) }.max() ?? 0
        #expect(error < 1e-4, "seed 51, a \(aOrientation), b \(bOrientation)")
      }
    }
  }

  @Test func betaZeroOverwritesWhatIsNotANumber() {
    var product: [Float] = [.nan]
    let two: [Float] = [2]
    BLAS.multiply(
      two.span, as: .asStored, two.span, as: .asStored, rows: 1, columns: 1, inner: 1, into: &product)
    #expect(product == [4])
  }
}
