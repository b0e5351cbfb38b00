import Glibc
import Numerics
import Testing

@Suite struct SharedFloatsTests {
  @Test(arguments: [1, 1_023, 1_024, 1_025, 100_000])
  func inputAndOutputAreApartAndWhole(_ count: Int) throws {
    let memory = try SharedFloats()
    try memory.resize(count: count)
    var random = SeededRandom(seed: 95)
    let values = random.gaussianVector(count: count, deviation: 1)
    memory.blankOutput()
    memory.write(values)
    #expect(memory.readOutput().allSatisfy { $0.isNaN && SharedFloats.isUnwritten($0) })
    // As the other process sees the file.
    let pages = (4 * count + 4_095) / 4_096 * 4_096
    var read = [Float](repeating: 0, count: count)
    #expect(pread(memory.descriptor, &read, 4 * count, 0) == 4 * count)
    #expect(read == values, "seed 95")
    #expect(pwrite(memory.descriptor, values, 4 * count, off_t(pages)) == 4 * count)
    #expect(memory.readOutput() == values, "seed 95")
    #expect(pwrite(memory.descriptor, values, 4, off_t(2 * pages)) < 0)
  }

  /// Reading beyond the end of a file that was shortened would kill this process.
  @Test func theSizeIsSealed() throws {
    let memory = try SharedFloats()
    try memory.resize(count: 10_000)
    for size in [0, 4_096, 1 << 20] as [off_t] {
      #expect(ftruncate(memory.descriptor, size) == -1 && errno == EPERM)
    }
    #expect(memory.readOutput().count == 10_000)
  }

  @Test func aFileThatSomebodyElseHasResizedIsRefused() throws {
    let memory = try SharedFloats()
    #expect(ftruncate(memory.descriptor, 1 << 20) == 0)
    #expect(throws: NumericsError.self) { try memory.resize(count: 10) }
  }

  @Test func noArithmeticYieldsWhatMarksUnwrittenValues() {
    let zero: Float = 0
    for value in [
      zero / zero, -(zero / zero), .nan, .signalingNaN, .infinity - .infinity, (-1 as Float).squareRoot(),
    ] {
      #expect(!SharedFloats.isUnwritten(value))
    }
  }
}
