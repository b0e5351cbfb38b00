import Foundation

/// Numbers as the report prints them. What is not finite is printed as a dash.
enum NumberText {
  static let none = "–"

  /// `0.9314` as `93.1%`.
  static func percent(_ share: Double) -> String {
    share.isFinite ? fixed(share * 100, decimals: 1) + "%" : none
  }

  /// A difference of shares in points: `0.0123` as `+1.2`.
  static func points(_ share: Double) -> String {
    guard share.isFinite else { return none }
    let text = fixed(share * 100, decimals: 1)
    return share > 0 && text != "0.0" ? "+" + text : text
  }

  /// A part of a whole as a percentage; a dash if there is no whole.
  static func share(_ part: Double, of whole: Double) -> String {
    whole > 0 ? percent(part / whole) : none
  }

  /// `1234567` as `1,234,567`.
  static func count(_ number: some BinaryInteger) -> String {
    var digits = String(number.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.append(String(digits.suffix(3)))
      digits.removeLast(3)
    }
    groups.append(digits)
    return (number < 0 ? "−" : "") + groups.reversed().joined(separator: ",")
  }

  /// A whole number that was averaged, such as units a head.
  static func rounded(_ number: Double) -> String {
    guard number.isFinite, abs(number) < 1e15 else { return none }
    return count(Int64(number.rounded()))
  }

  /// A signed amount of loss, as `+0.1234` or `−0.0071`.
  static func nats(_ number: Double) -> String {
    guard number.isFinite else { return none }
    let text = fixed(number, decimals: 4)
    return number > 0 && text != "0.0000" ? "+" + text : text
  }

  /// A number with a fixed number of decimals; never a negative zero.
  static func fixed(_ number: Double, decimals: Int) -> String {
    guard number.isFinite else { return none }
    let text = String(format: "%.\(decimals)f", number)
    let isZero = !text.contains { ("1"..."9").contains($0) }
    let magnitude = text.hasPrefix("-") ? String(text.dropFirst()) : text
    return number < 0 && !isZero ? "−" + magnitude : magnitude
  }

  /// What a check measured: whole from a hundred on, with up to four digits after the point below.
  static func measure(_ number: Double) -> String {
    guard abs(number) < 100 else { return rounded(number) }
    var text = fixed(number, decimals: 4)
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }

  /// Bytes in decimal units, as `1.23 MB`.
  static func bytes(_ number: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    var value = Double(number)
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
      value /= 1_000
      unit += 1
    }
    let decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
    return "\(fixed(value, decimals: decimals)) \(units[unit])"
  }

  /// How many times one number is another, as `21.3×`; a dash if there is nothing to divide by.
  static func factor(_ number: Int, over other: Int) -> String {
    guard number > 0, other > 0 else { return none }
    let factor = Double(number) / Double(other)
    return fixed(factor, decimals: factor >= 9.95 ? 0 : 1) + "×"
  }

  /// A duration, as `48 s`, `12.5 min` or `3.2 h`.
  static func duration(seconds: Double) -> String {
    guard seconds.isFinite else { return none }
    let unit = TimeUnit.fitting(seconds)
    let value = seconds / unit.seconds
    return fixed(value, decimals: value >= 99.95 || unit == .second && value >= 9.95 ? 0 : 1) + " "
      + unit.symbol
  }

  /// A number and its noun, as `1 window` or `48 windows`.
  static func counted(_ number: Int, _ noun: String) -> String {
    "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
  }
}

/// The unit that durations of one size are read best in.
enum TimeUnit {
  case second, minute, hour

  /// The unit in seconds.
  var seconds: Double {
    switch self {
    case .second: 1
    case .minute: 60
    case .hour: 3_600
    }
  }

  /// The unit's symbol.
  var symbol: String {
    switch self {
    case .second: "s"
    case .minute: "min"
    case .hour: "h"
    }
  }

  /// The unit for durations up to a longest.
  static func fitting(_ longestSeconds: Double) -> TimeUnit {
    longestSeconds < 180 ? .second : longestSeconds < 3 * 3_600 ? .minute : .hour
  }
}
