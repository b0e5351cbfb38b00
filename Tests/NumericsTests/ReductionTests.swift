import Numerics
import Testing

/// Lengths around every boundary of the fast loops.
let awkwardLengths = [0, 1, 2, 15, 16, 17, 63, 64, 65, 100, 4_095, 4_096, 4_097, 9_000]

@Suite(.timeLimit(.minutes(10))) struct ReductionTests {
  @Test(arguments: awkwardLengths)
  func reductionsAgreeWithTheReference(length: Int) {
    var random = SeededRandom(seed: UInt64(length))
    let x = random.gaussianVector(count: length, deviation: 1)
    let y = random.gaussianVector(count: length, deviation: 3)
    let tolerance = 1e-6 * Double(length + 1)
    #expect(abs(Kernels.dot(x, y) - Reference.dot(x, y)) < tolerance)
    #expect(abs(Kernels.squaredNorm(x) - Reference.squaredNorm(x)) < tolerance)
    #expect(abs(Kernels.norm(x) - Reference.norm(x)) < tolerance)
    #expect(abs(Kernels.squaredDistance(x, y) - Reference.squaredDistance(x, y)) < 10 * tolerance)
    #expect(abs(Kernels.cosine(x, y) - Reference.cosine(x, y)) < 1e-5)
    #expect(Kernels.maximumMagnitude(x) == Reference.maximumMagnitude(x))
    let integers = x.map { Int32($0 * 1e6) }
    #expect(Kernels.maximumMagnitude(integers) == Reference.maximumMagnitude(integers))
  }

  @Test func eachElementCounts() {
    for length in [1, 16, 17, 64, 65, 130, 4_097] {
      for index in 0..<length {
        var x = [Float](repeating: 0, count: length)
        x[index] = -2
        #expect(Kernels.squaredNorm(x) == 4, "length \(length), index \(index)")
        #expect(Kernels.maximumMagnitude(x) == 2, "length \(length), index \(index)")
        if length > 65 && index == 70 { break }
      }
    }
  }

  @Test func bitsAreTheSameEverywhere() {
    // Recorded once. Debug, release, with and without wider vector instructions must all give these.
    var random = SeededRandom(seed: 99)
    let x = (0..<10_001).map { _ in Float(random.uniform() - 0.5) }
    let y = (0..<10_001).map { _ in Float(random.uniform() - 0.25) }
    #expect(Kernels.dot(x, y).bitPattern == 4_619_920_180_208_730_112)
    #expect(Kernels.squaredNorm(x).bitPattern == 4_650_410_840_103_583_744)
    #expect(Kernels.squaredDistance(x, y).bitPattern == 4_657_143_732_573_831_168)
  }

  @Test(arguments: awkwardLengths)
  func zerosBehindChangeNothing(length: Int) {
    var random = SeededRandom(seed: 17)
    let x = random.gaussianVector(count: length, deviation: 1)
    let dot = Kernels.dot(x, x)
    for extra in [1, 15, 16, 64, 5_000] {
      let longer = x + [Float](repeating: 0, count: extra)
      #expect(Kernels.dot(longer, longer) == dot, "length \(length) and \(extra) zeros")
    }
  }

  @Test func blocksAddUpToTheWhole() {
    var random = SeededRandom(seed: 18)
    let x = random.gaussianVector(count: 3 * Kernels.blockLength + 77, deviation: 1)
    let y = random.gaussianVector(count: x.count, deviation: 1)
    var sum = 0.0
    for start in stride(from: 0, to: x.count, by: Kernels.blockLength) {
      let range = start..<min(start + Kernels.blockLength, x.count)
      sum += Kernels.dot(x[range].span, y[range].span)
    }
    #expect(sum == Kernels.dot(x, y), "seed 18")
  }

  @Test func smallValuesAreNotLostInLongVectors() {
    // In plain single precision the sum of 2^25 ones stops at 2^24; blocks of Float in a Double do not.
    let ones = [Float](repeating: 1, count: 300_000)
    #expect(Kernels.squaredNorm(ones) == 300_000)
    let small = [Float](repeating: 0.1, count: 300_000)
    #expect(abs(Kernels.squaredNorm(small) / 3_000 - 1) < 1e-6)
  }

  @Test func cosineOfZeroIsZeroAndOfItselfIsOne() {
    let zero = [Float](repeating: 0, count: 5)
    #expect(Kernels.cosine(zero, zero) == 0)
    #expect(Kernels.cosine(zero, [1, 2, 3, 4, 5]) == 0)
    #expect(abs(Kernels.cosine([1, 2, 3], [1, 2, 3]) - 1) < 1e-6)
    #expect(Kernels.cosine([3e-5, 1], [-3e-5, -1]) >= -1)
  }

  @Test(arguments: awkwardLengths.dropFirst())
  func oneValueThatIsNotFiniteIsFound(length: Int) {
    let x = [Float](repeating: 1e30, count: length)
    #expect(Kernels.allFinite(x))
    for index in Set([0, length / 2, length - 1]) {
      for bad in [Float.nan, .infinity, -.infinity] {
        var damaged = x
        damaged[index] = bad
        #expect(!Kernels.allFinite(damaged), "length \(length), \(bad) at \(index)")
      }
    }
  }

  @Test func magnitudesOfTheLeastIntegerDoNotOverflow() {
    #expect(Kernels.maximumMagnitude([Int32.min, 5]) == 1 << 31)
  }
}
