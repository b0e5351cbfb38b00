import Glibc

/// A linear map from values to pixels, with round numbers to mark.
struct Scale {
  /// The values at both ends; they differ, and are finite.
  let domain: ClosedRange<Double>
  private let start: Double
  private let end: Double

  /// Maps `domain` to the pixels from `start` to `end`, which may run either way.
  ///
  /// A domain of one value, or of none that is finite, is widened, so that coordinates are always finite.
  init(_ values: [Double], from start: Double, to end: Double) {
    let finite = values.filter(\.isFinite)
    let low = finite.min() ?? 0
    let high = finite.max() ?? 0
    domain = high > low && (high - low).isFinite ? low...high : low...(low + max(1, abs(low)))
    self.start = start
    self.end = end
  }

  /// Where a value lies. Values that are not finite lie at the start.
  func callAsFunction(_ value: Double) -> Double {
    guard value.isFinite else { return start }
    return start + (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound) * (end - start)
  }

  /// Multiples of 1, 2 or 5 times a power of ten within the domain: about `count` of them.
  func ticks(count: Int) -> [Double] {
    let span = domain.upperBound - domain.lowerBound
    let raw = span / Double(max(1, count))
    guard raw.isFinite, raw > 0 else { return [] }
    let power = pow(10, floor(log10(raw)))
    guard power > 0 else { return [] }
    let step = power * ([1, 2, 5].first { raw <= $0 * power * 1.000_001 } ?? 10)
    let first = (domain.lowerBound / step).rounded(.up)
    let last = (domain.upperBound / step).rounded(.down)
    guard last >= first, last - first < 1_000 else { return [] }
    return stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// How many decimals tell the ticks apart.
  static func decimals(of ticks: [Double]) -> Int {
    guard ticks.count > 1 else { return 2 }
    return min(6, max(0, Int(-floor(log10(ticks[1] - ticks[0]) + 1e-9))))
  }
}

/// Puts labels beside their anchors, in their order, without overlap.
enum LabelPlacement {
  /// - Parameters:
  ///   - anchors: where labels would best be, ascending.
  ///   - pitch: the least distance between two.
  ///   - bounds: where they may be; if there are too many for it, they run over its end.
  /// - Returns: where each goes.
  static func spread(_ anchors: [Double], pitch: Double, within bounds: ClosedRange<Double>) -> [Double] {
    var places = anchors
    var least = bounds.lowerBound
    for index in places.indices {
      places[index] = max(places[index], least)
      least = places[index] + pitch
    }
    var most = bounds.upperBound
    for index in places.indices.reversed() {
      let floor = bounds.lowerBound + Double(index) * pitch
      places[index] = max(min(places[index], most), floor)
      most = places[index] - pitch
    }
    return places
  }
}
