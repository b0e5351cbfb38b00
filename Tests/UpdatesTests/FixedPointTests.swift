import Numerics
import Testing

@testable import Updates

struct FixedPointTests {
  @Test func roundsToNearestEven() throws {
    let quantum = FixedPoint.quantum
    let values: [Float] = [0, -0.0, 0.5, 1, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49, 3.51].map { $0 * quantum }
    #expect(try FixedPoint.quantize(values) == [0, 0, 0, 1, 2, 2, 0, -2, -2, 0, 4])
    #expect(quantum == 0x1p-26)
  }

  /// Held to the definition: scaled by 2^26, rounded by the processor, and brought into range.
  @Test func everyBitPatternIsRoundedToTheNearest() throws {
    var random = SeededRandom(seed: 26)
    var values = (0..<200_000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
      .filter(\.isFinite)
    // Ties and their neighbours, at every scale within the range.
    for exponent in -30...4 {
      for _ in 0..<200 {
        let tie =
          (Float(random.integer(below: 1 << 12)) + 0.5)
          * Float(sign: .plus, exponent: exponent - 8, significand: 1)
        values += [tie, -tie, tie.nextUp, tie.nextDown]
      }
    }
    values += [0, -0.0, .leastNonzeroMagnitude, -.leastNormalMagnitude, 0x1p-27, 0x1.000002p-27, 0x3p-27]
    let expected = values.map { value -> Int32 in
      let scaled = (Double(value) * 0x1p26).rounded(.toNearestOrEven)
      return Int32(min(max(scaled, -Double(FixedPoint.maximum)), Double(FixedPoint.maximum)))
    }
    #expect(try FixedPoint.quantize(values) == expected, "seed 26")
  }

  @Test func saturatesAtTheRange() throws {
    let maximum = FixedPoint.maximum
    let values: [Float] = [16, -16, 1e30, -1e30, .greatestFiniteMagnitude, (16 as Float).nextDown]
    let expected: [Int32] = [maximum, -maximum, maximum, -maximum, maximum, 1 << 30 - 64]
    #expect(try FixedPoint.quantize(values) == expected)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity, .signalingNaN])
  func refusesWhatIsNotFiniteAndNamesTheIndex(_ value: Float) {
    #expect(throws: UpdateError.notFinite(index: 2)) { try FixedPoint.quantize([0, 1, value, value]) }
  }

  @Test func quantaOfUpTo24BitsComeBack() throws {
    var random = SeededRandom(seed: 1)
    let quanta = (0..<1_000).map { _ in Int32(random.integer(below: 1 << 25) - 1 << 24) }
    #expect(try FixedPoint.quantize(FixedPoint.dequantize(quanta)) == quanta)
  }
}
