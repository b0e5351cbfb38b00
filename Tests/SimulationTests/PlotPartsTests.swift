import Numerics
import Testing

@testable import Simulation

@Suite("Parts of plots") struct PlotPartsTests {
  @Test("ticks are round numbers")
  func ticks() {
    #expect(Scale([0, 1], from: 0, to: 100).ticks(count: 5) == [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
    #expect(Scale([0, 287], from: 0, to: 100).ticks(count: 6) == [0, 50, 100, 150, 200, 250])
    #expect(Scale([-0.003, 0.042], from: 0, to: 1).ticks(count: 5).count == 5)
    #expect(Scale.decimals(of: [0, 0.05, 0.1]) == 2 && Scale.decimals(of: [0, 10]) == 0)
  }

  @Test(
    "ticks lie within the domain, in steps of 1, 2 or 5, about as many as asked for", arguments: [UInt64(41)])
  func ticksProperty(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for draw in 0..<500 {
      let magnitude = [1e-6, 1e-2, 1, 1e4, 1e9][random.integer(below: 5)]
      let low = (random.uniform() - 0.5) * magnitude
      let scale = Scale([low, low + random.uniform() * magnitude + 1e-9], from: 0, to: 500)
      let count = 3 + random.integer(below: 6)
      let ticks = scale.ticks(count: count)
      let note = "seed \(seed), draw \(draw): \(scale.domain) \(ticks)"
      #expect(ticks.count >= 1 && ticks.count <= count + 1, "\(note)")
      #expect(ticks.allSatisfy { (-1e-6...500.000_001).contains(scale($0)) }, "\(note)")
    }
  }

  @Test("a scale maps its ends to its ends, and anything to something finite")
  func scale() {
    let scale = Scale([10, 20], from: 300, to: 100)
    #expect(scale(10) == 300 && scale(20) == 100 && scale(15) == 200 && scale(.nan) == 300)
    for values in [[], [5], [.nan], [0, .infinity], [-1e308, 1e308]] as [[Double]] {
      let scale = Scale(values, from: 0, to: 10)
      for value in [0, 5, .nan, .infinity, -1e308, 1e308] {
        #expect(SVG.pixels(scale(value)).allSatisfy { "-.0123456789".contains($0) })
      }
    }
  }

  @Test("labels keep their order and their distance, and move only if they must", arguments: [UInt64(51)])
  func labels(seed: UInt64) {
    #expect(LabelPlacement.spread([10, 50, 90], pitch: 20, within: 0...100) == [10, 50, 90])
    #expect(LabelPlacement.spread([99, 100], pitch: 20, within: 0...100) == [80, 100])
    var random = SeededRandom(seed: seed)
    for draw in 0..<200 {
      let anchors = (0..<5).map { _ in random.uniform() * 100 }.sorted()
      let places = LabelPlacement.spread(anchors, pitch: 18, within: 0...100)
      let gaps = zip(places, places.dropFirst()).map { $1 - $0 }
      #expect(gaps.allSatisfy { $0 >= 18 - 1e-9 }, "seed \(seed), draw \(draw): \(places)")
      #expect(
        places.allSatisfy { (-1e-9...100 + 1e-9).contains($0) }, "seed \(seed), draw \(draw): \(places)")
    }
  }

  @Test("numbers are printed as people write them")
  func numbers() {
    #expect(
      [143.4, 100, 99.96, 7, 0.99974, 0.05, 1e-9, -0.25, 1_234_567].map(NumberText.measure) == [
        "143", "100", "99.96", "7", "0.9997", "0.05", "0", "−0.25", "1,234,567",
      ])
    #expect([.nan, .infinity, -.infinity, 1e300].map(NumberText.measure) == ["–", "–", "–", "–"])
    #expect(NumberText.count(1_234_567) == "1,234,567" && NumberText.count(999) == "999")
    #expect(
      NumberText.count(-1_000) == "−1,000" && NumberText.count(UInt64.max) == "18,446,744,073,709,551,615")
    #expect(NumberText.percent(0.9314) == "93.1%" && NumberText.percent(.nan) == "–")
    #expect(NumberText.nats(0.0238) == "+0.0238" && NumberText.nats(-0.00710) == "−0.0071")
    #expect(NumberText.nats(-0.00001) == "0.0000" && NumberText.nats(.infinity) == "–")
    #expect(NumberText.bytes(999) == "999 B" && NumberText.bytes(1_000) == "1.00 kB")
    #expect(NumberText.bytes(9_640_000) == "9.64 MB" && NumberText.bytes(48_123_456) == "48.1 MB")
    #expect(NumberText.bytes(999_700) == "1.00 MB" && NumberText.bytes(0) == "0 B")
    #expect(NumberText.factor(9_640, over: 420) == "23×" && NumberText.factor(7, over: 2) == "3.5×")
    #expect(NumberText.factor(7, over: 0) == "–")
    #expect(NumberText.duration(seconds: 48) == "48 s" && NumberText.duration(seconds: 288) == "4.8 min")
    #expect(
      NumberText.counted(1, "window") == "1 window" && NumberText.counted(2_000, "window") == "2,000 windows")
  }

  @Test("coordinates have two decimals at most")
  func pixels() {
    #expect(SVG.pixels(1.005) == "1" || SVG.pixels(1.005) == "1.01")
    #expect(SVG.pixels(-0.004) == "0" && SVG.pixels(-1.5) == "-1.5" && SVG.pixels(2.07) == "2.07")
    #expect(SVG.pixels(.nan) == "0" && SVG.pixels(1e300) == "0" && SVG.pixels(12) == "12")
  }
}
