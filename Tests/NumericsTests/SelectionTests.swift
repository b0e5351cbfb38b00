import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct SelectionTests {
  /// Every count to 70, and two around 256; columns that do not fill a block.
  private static let counts = Array(1...70) + [127, 128, 255, 256]

  private func check(_ batch: VectorBatch, tolerance: Float, _ comment: Comment) {
    let count = batch.count
    let median = Kernels.coordinateMedian(of: batch, threads: 1)
    #expect(greatestDifference(median, Reference.coordinateMedian(of: batch)) <= tolerance / 100, comment)
    for trimmed in Set([0, count / 10, count / 5, count / 3, (count - 1) / 2]) {
      let mean = Kernels.trimmedMean(of: batch, trimmingEachSide: trimmed, threads: 1)
      let expected = Reference.trimmedMean(of: batch, trimmingEachSide: trimmed)
      #expect(greatestDifference(mean, expected) <= tolerance, comment)
    }
    for kept in Set([1, (count + 2) / 3, (count + 1) / 2, max(1, count - 2), count]) {
      let mean = Kernels.meanAroundMedian(of: batch, keeping: kept, threads: 1)
      let expected = Reference.meanAroundMedian(of: batch, keeping: kept)
      #expect(greatestDifference(mean, expected) <= tolerance, comment)
    }
  }

  @Test(arguments: counts)
  func randomColumnsAgreeWithTheReference(count: Int) throws {
    let seed = UInt64(count) + 200
    check(try randomBatch(count: count, dimension: 37, seed: seed), tolerance: 2e-6, "seed \(seed)")
  }

  @Test(arguments: [1, 2, 3, 8, 21, 64])
  func tiedColumnsAgreeWithTheReference(count: Int) throws {
    var random = SeededRandom(seed: UInt64(count))
    let special: [Float] = [
      0, -0.0, 1, -1, 1, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude / 64,
      .leastNormalMagnitude,
    ]
    let values = (0..<(count * 50)).map { _ in special[random.integer(below: special.count)] }
    let batch = try VectorBatch(count: count, dimension: 50, values: values)
    check(batch, tolerance: 1e-6, "seed \(count)")
  }

  @Test(arguments: [31, 32, 33, 511, 512, 513, 1_100])
  func dimensionsNeedNotFillTiles(dimension: Int) throws {
    let seed = UInt64(dimension)
    let batch = try randomBatch(count: 9, dimension: dimension, seed: seed)
    check(batch, tolerance: 2e-6, "seed \(seed)")
    let median = Kernels.coordinateMedian(of: batch, threads: 1)
    for threads in 2...3 { #expect(Kernels.coordinateMedian(of: batch, threads: threads) == median) }
  }

  @Test func largeOutliersLeaveNoTrace() throws {
    var rows = (0..<20).map { [Float($0), -Float($0)] }
    for row in 0..<4 { rows[5 * row] = [3e38, row % 2 == 0 ? 3e38 : -3e38] }
    let batch = try VectorBatch(rows: rows)
    let trimmed = Kernels.trimmedMean(of: batch, trimmingEachSide: 4, threads: 1)
    #expect(greatestDifference(trimmed, Reference.trimmedMean(of: batch, trimmingEachSide: 4)) < 1e-5)
    let around = Kernels.meanAroundMedian(of: batch, keeping: 12, threads: 1)
    #expect(greatestDifference(around, Reference.meanAroundMedian(of: batch, keeping: 12)) < 1e-5)
  }

  /// The zero-one principle: a network of minima and maxima that selects from all columns of zeros and ones
  /// selects from all columns.
  @Test(arguments: 1...12)
  func everyColumnOfZerosAndOnesIsSelectedFrom(count: Int) throws {
    let columns = 1 << count
    let rows = (0..<count).map { row in (0..<columns).map { Float($0 >> row & 1) } }
    check(try VectorBatch(rows: rows), tolerance: 1e-6, "\(count) values")
  }

  @Test func theMiddleTwoAreAveraged() throws {
    let batch = try VectorBatch(rows: [[1], [4], [2], [100]])
    #expect(Kernels.coordinateMedian(of: batch, threads: 1) == [3])
    #expect(Kernels.trimmedMean(of: batch, trimmingEachSide: 1, threads: 1) == [3])
    // 2 and 4 are equally far from 3.
    #expect(Kernels.meanAroundMedian(of: batch, keeping: 1, threads: 1) == [2])
    #expect(Kernels.meanAroundMedian(of: batch, keeping: 3, threads: 1) == [Float(7.0 / 3)])
  }
}
