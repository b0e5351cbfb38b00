import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct InterleavedTests {
  @Test(arguments: [1, 15, 16, 17, 40], [1, 15, 16, 33])
  func columnsAreTheVectors(count: Int, length: Int) {
    let seed = UInt64(100 * count + length)
    var random = SeededRandom(seed: seed)
    let vectors = (0..<count).map { _ in random.gaussianVector(count: length + 9, deviation: 1) }
    let width = Kernels.interleavedWidth(count)
    #expect(width >= count && width < count + 16)
    var table = [Float](repeating: 0, count: width * length + 3)
    Kernels.interleave(vectors, 5..<5 + length, into: &table)
    for row in 0..<length {
      let expected = vectors.map { $0[5 + row] } + [Float](repeating: 0, count: width - count)
      #expect(Array(table[row * width..<(row + 1) * width]) == expected, "seed \(seed), row \(row)")
    }
    #expect(table.suffix(3) == [0, 0, 0])
  }

  @Test(arguments: [0, 1, 2, 3, 64, 4_097, 9_000])
  func gatheredDotsAgreeWithTheirSums(count: Int) {
    let seed = UInt64(count) + 3
    var random = SeededRandom(seed: seed)
    let (rows, width) = (500, 32)
    let table = random.gaussianVector(count: rows * width, deviation: 1)
    let indices = (0..<count).map { _ in UInt32(random.integer(below: rows)) }
    let values = (0..<count).map { _ in Int32(random.integer(below: 1 << 20) - 1 << 19) }
    var dots = [Double](repeating: 1, count: 3 * width)
    var squares = dots
    Kernels.gatherDots(
      indices: indices.span, values: values.span, table: table, width: width, dots: &dots,
      squares: &squares, at: width)
    for column in 0..<width {
      let gathered = indices.map { Double(table[Int($0) * width + column]) }
      let products = zip(gathered, values).map { $0 * Double($1) }
      let dot = products.reduce(1, +)
      let size = products.reduce(1) { $0 + $1.magnitude }
      #expect(abs(dots[width + column] - dot) <= 1e-6 * size, "seed \(seed), column \(column)")
      let square = products.map { $0 * $0 }.reduce(1, +)
      #expect(abs(squares[width + column] - square) <= 4e-6 * square, "seed \(seed), column \(column)")
    }
    #expect(dots.prefix(width).allSatisfy { $0 == 1 } && dots.suffix(width).allSatisfy { $0 == 1 })
  }

  @Test func signedValuesGoToTheirBuckets() {
    let indices: [UInt32] = [0, 2, 1, 0]
    let values: [Int32] = [3, 4, 5, -7]
    var rows = [Float](repeating: 0.5, count: 6)
    Kernels.scatterSigned(
      indices: indices.span, values: values.span, buckets: [1, 0x8000, 0x8001], into: &rows, at: 2)
    let expected: [Float] = [0.5, 0.5, 0.5 - 5, 0.5 + 3 - 4 - 7, 0.5, 0.5]
    #expect(rows == expected)
  }

  @Test(arguments: [0, 1, 3, 4, 5, 4_099])
  func squaredNormsOfIntegers(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    let values = (0..<count).map { _ in Int32(random.integer(below: 1 << 31) - 1 << 30) }
    let expected = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(Kernels.squaredNorm(values.span) - expected) <= 1e-13 * expected)
  }
}
