import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct HadamardTests {
  @Test(arguments: [1, 2, 8, 16, 32, 256, 1_024])
  func transformsAreProductsWithTheMatrix(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    let signs = (0..<count).map { _ in random.integer(below: 2) == 0 ? 1 : -1 as Int16 }
    let expected = Reference.hadamard(signs.map(Float.init))
    var integers = signs
    var integerSpan = integers.mutableSpan
    Kernels.hadamard(&integerSpan)
    #expect(integers.map(Float.init) == expected)
    // Sums of small whole numbers are exact in any order.
    var floats = signs.map { Float($0) * 3 }
    var floatSpan = floats.mutableSpan
    Kernels.hadamard(&floatSpan)
    #expect(floats == expected.map { $0 * 3 })
  }

  @Test func aTransformUndoesItself() {
    var random = SeededRandom(seed: 3)
    let values = random.gaussianVector(count: 4_096, deviation: 1)
    var twice = values
    for _ in 0..<2 {
      var span = twice.mutableSpan
      Kernels.hadamard(&span)
    }
    #expect(zip(twice, values).allSatisfy { abs($0 / 4_096 - $1) < 1e-5 })
  }

  @Test(arguments: [1, 63, 64, 130])
  func signsTurnWhereABitIsSet(count: Int) {
    let words: [UInt64] = [0x8000_0000_0000_0005, 0, 2]
    var values = (0..<count).map { Float($0 + 1) }
    var asked = 0
    var span = values.mutableSpan
    Kernels.turnSigns(&span) {
      asked += 1
      return words[asked - 1]
    }
    #expect(asked == (count + 63) / 64)
    for index in 0..<count {
      let isTurned = words[index / 64] >> UInt64(index % 64) & 1 == 1
      #expect(values[index] == (isTurned ? -1 : 1) * Float(index + 1), "place \(index)")
    }
  }
}
