import Testing

@testable import Updates

struct MagnitudeTests {
  static let all = (0...Magnitude.maximumCode).compactMap { Magnitude(code: $0) }

  @Test func knownAnswers() {
    let quanta = [0, 1, 7, 8, 15, 16, 17, 18, 30, 31, 32, 100, 1_000, 1 << 26]
    let codes: [UInt8] = [0, 1, 7, 8, 15, 16, 16, 17, 23, 24, 24, 36, 64, 192]
    #expect(quanta.map { Magnitude(nearest: UInt32($0)).code } == codes)
    #expect(Magnitude(code: Magnitude.maximumCode)?.quanta == 15 << 26)
    #expect(Magnitude(code: Magnitude.maximumCode + 1) == nil)
    #expect(Magnitude(code: .max) == nil)
    #expect(Magnitude.zero.quanta == 0)
  }

  @Test func codesOrderAsQuantaAndComeBack() {
    #expect(Self.all.count == 224)
    for (left, right) in zip(Self.all, Self.all.dropFirst()) { #expect(left.quanta < right.quanta) }
    for magnitude in Self.all {
      let quanta = UInt32(magnitude.quanta)
      #expect(Magnitude(nearest: quanta) == magnitude)
      #expect(Magnitude(notBelow: quanta) == magnitude)
      #expect(Magnitude(notAbove: quanta) == magnitude)
    }
  }

  @Test func roundingBracketsTheValueAndTiesGoToTheEvenCode() {
    for (lower, upper) in zip(Self.all, Self.all.dropFirst()) {
      let (low, high) = (UInt32(lower.quanta), UInt32(upper.quanta))
      guard high - low > 1 else { continue }
      #expect(Magnitude(notBelow: low + 1) == upper)
      #expect(Magnitude(notAbove: high - 1) == lower)
      let middle = (low + high) / 2
      #expect(Magnitude(nearest: middle) == (lower.code & 1 == 0 ? lower : upper))
      #expect(Magnitude(nearest: middle - 1) == lower || middle - 1 == low)
      #expect(Magnitude(nearest: middle + 1) == upper)
    }
  }

  @Test func whatIsTooLargeSaturates() {
    for quanta in [UInt32(15 << 26), 15 << 26 + 1, 1 << 30, 1 << 31, .max] {
      #expect(Magnitude(nearest: quanta).code == Magnitude.maximumCode)
      #expect(Magnitude(notBelow: quanta).code == Magnitude.maximumCode)
      #expect(Magnitude(notAbove: quanta).code == Magnitude.maximumCode)
    }
  }
}
