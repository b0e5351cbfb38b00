// Numbers in words. Integers only, so that one receipt reads alike everywhere.
extension Quantity {
  /// A measured number and its limit as texts, with as many decimals as it takes to tell them apart.
  ///
  /// Counts have their thousands set apart, shares are in percent, and what was cut off at the end of `range`
  /// says so.
  func texts(measured: Int64, limit: Int64) -> (measured: String, limit: String) {
    let (measured, limit) = (clamped(measured), clamped(limit))
    var extraDecimals = 0
    while true {
      let texts = (text(measured, extraDecimals: extraDecimals), text(limit, extraDecimals: extraDecimals))
      if measured == limit || texts.0 != texts.1 || extraDecimals == Self.decimalsLimit { return texts }
      extraDecimals += 1
    }
  }

  /// Ten decimals tell any two numbers apart whose unit is 2^-32.
  private static let decimalsLimit = 10

  private func clamped(_ number: Int64) -> Int64 { min(max(number, range.lowerBound), range.upperBound) }

  private func text(_ number: Int64, extraDecimals: Int) -> String {
    switch self {
    case .nothing: ""
    case .parameters, .versions, .updates, .values:
      Self.bounded(Self.grouped(number.magnitude), isCut: number >= Self.greatestCount)
    case .cosine, .polarity: Self.ratio(number, decimals: 4 + extraDecimals)
    case .medianNorms, .deviations:
      Self.bounded(
        Self.ratio(number, decimals: (number >> Self.fractionBits < 100 ? 1 : 0) + extraDecimals),
        isCut: number >= range.upperBound)
    case .windowShare:
      Self.bounded(
        Self.ratio(number, percent: true, decimals: extraDecimals) + "%", isCut: number >= range.upperBound)
    }
  }

  private static func bounded(_ text: String, isCut: Bool) -> String { isCut ? "at least \(text)" : text }

  /// A number of 2^-32ths with at most so many decimals, rounded to nearest, without zeros at the end.
  private static func ratio(_ number: Int64, percent: Bool = false, decimals: Int) -> String {
    let power = (0..<decimals).reduce(UInt64(1)) { power, _ in power * 10 }
    let half = UInt128(1) << (fractionBits - 1)
    let factor = UInt128(power) * (percent ? 100 : 1)
    let scaled = UInt64((UInt128(number.magnitude) * factor + half) >> fractionBits)
    let sign = number < 0 && scaled > 0 ? "-" : ""
    var digits = String(scaled % power + power).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return sign + grouped(scaled / power) + (digits.isEmpty ? "" : "." + digits)
  }

  /// `1234567` as `1,234,567`.
  private static func grouped(_ number: UInt64) -> String {
    guard number >= 1_000 else { return String(number) }
    return grouped(number / 1_000) + "," + String(number % 1_000 + 1_000).dropFirst()
  }
}
