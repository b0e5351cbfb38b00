import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct ElementwiseTests {
  @Test(arguments: awkwardLengths)
  func elementwiseKernelsGiveTheReferencesBits(length: Int) {
    var random = SeededRandom(seed: UInt64(length) + 1)
    let x = random.gaussianVector(count: length, deviation: 1)
    let y = random.gaussianVector(count: length, deviation: 1)
    var result = y
    Kernels.axpy(0.37, x, &result)
    #expect(result == Reference.axpy(0.37, x, y))
    result = x
    Kernels.scale(&result, by: -1.7)
    #expect(result == Reference.scale(x, by: -1.7))
    #expect(Kernels.sum(x, y) == Reference.sum(x, y))
    #expect(Kernels.difference(x, y) == Reference.difference(x, y))
  }

  @Test(arguments: awkwardLengths)
  func bytesAreThoseOfTheBitPatternsAndOfTheSliceAlone(length: Int) {
    var random = SeededRandom(seed: UInt64(length) + 31)
    let x = random.gaussianVector(count: length + 2, deviation: 1)
    let integers = x.map { Int32($0 * 1_000_000) }
    let inner = 1..<(length + 1)
    #expect(
      Kernels.littleEndianBytes(of: x[inner]) == Reference.littleEndianBytes(of: x[inner].map(\.bitPattern)))
    #expect(
      Kernels.littleEndianBytes(of: integers[inner])
        == Reference.littleEndianBytes(of: integers[inner].map { UInt32(bitPattern: $0) }))
    // Read again, with bytes at the end that make no value.
    let bytes = Kernels.littleEndianBytes(of: x[inner]) + [1, 2, 3]
    #expect(Kernels.floats(ofLittleEndian: bytes) == Array(x[inner]))
    #expect(
      Kernels.integers(ofLittleEndian: Kernels.littleEndianBytes(of: integers[inner]))
        == Array(integers[inner]))
  }

  @Test(arguments: [0, 0.001, 1, 7.5, 1e9])
  func clippingBoundsTheNormAndKeepsTheDirection(limit: Double) {
    var random = SeededRandom(seed: 21)
    let x = random.gaussianVector(count: 1_000, deviation: 1)
    var clipped = x
    let factor = Kernels.clip(&clipped, toNorm: limit)
    #expect(Kernels.norm(clipped) <= limit * (1 + 1e-6))
    #expect(clipped == Reference.scale(x, by: factor))
    #expect((factor == 1) == (Kernels.norm(x) <= limit))
    let expected = Reference.clip(x, toNorm: limit)
    #expect(zip(clipped, expected).allSatisfy { abs($0 - $1) <= 1e-6 * abs($1) })
  }

  @Test func clippingZeroLeavesZero() {
    var zero: [Float] = [0, 0]
    #expect(Kernels.clip(&zero, toNorm: 0) == 1)
    #expect(zero == [0, 0])
  }

  @Test(arguments: [1, 3, 16, 33])
  func rowKernelsAgreeWithTheReference(width: Int) {
    var random = SeededRandom(seed: UInt64(width))
    let matrix = random.gaussianVector(count: 9 * width, deviation: 1)
    let row = random.gaussianVector(count: width, deviation: 1)
    let rows = [8, 0, 3, 3]
    var gathered = [Float](repeating: 9, count: 5 * width)
    Kernels.gatherRows(rows[...], of: matrix, width: width, into: &gathered)
    #expect(Array(gathered.prefix(4 * width)) == Reference.gatherRows(rows, of: matrix, width: width))
    #expect(gathered.suffix(width).allSatisfy { $0 == 9 })

    var shifted = matrix
    Kernels.add(row: row.span, toRowsOf: &shifted, rows: 9)
    #expect(shifted == Reference.add(row: row, toRowsOf: matrix))

    var sums = [Float](repeating: 0, count: width + 2)
    Kernels.addColumnSums(of: matrix, rows: 9, width: width, times: 0.5, to: &sums, at: 1)
    #expect(sums == [0] + Reference.columnSums(of: matrix, width: width, times: 0.5) + [0])

    var rectified = matrix
    Kernels.rectify(&rectified, count: matrix.count)
    #expect(rectified == Reference.rectify(matrix))
    var masked = Reference.scale(matrix, by: 2)
    Kernels.mask(&masked, where: rectified, count: matrix.count)
    #expect(masked == Reference.mask(Reference.scale(matrix, by: 2), where: rectified))
  }

  @Test func rectifyingKeepsWhatIsNotANumber() {
    var values: [Float] = [-1, .nan, -.infinity, 2]
    Kernels.rectify(&values, count: 3)
    #expect(values[0] == 0 && values[1].isNaN && values[2] == 0 && values[3] == 2)
  }
}
