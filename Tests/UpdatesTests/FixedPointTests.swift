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
