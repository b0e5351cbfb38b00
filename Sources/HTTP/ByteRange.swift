/// Which part of a blob is asked for (RFC 9110, section 14): one range of bytes, or everything.
public enum ByteRange {
  /// What a Range field comes to.
  public enum Selection: Sendable, Hashable {
    /// The whole, because nothing else was asked for in a way that is served.
    case whole
    /// These bytes.
    case part(Range<Int>)
    /// Nothing of it is there.
    case unsatisfiable
  }

  /// Reads a Range field's value.
  ///
  /// A field that is malformed, in other units, or of several ranges is passed over, as the RFC allows.
  public static func select(_ value: String?, of count: Int) -> Selection {
    guard let value, value.lowercased().hasPrefix("bytes=") else { return .whole }
    let sides = value.dropFirst(6).trimmed.split(
      separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, sides.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }),
      sides.contains(where: { !$0.isEmpty })
    else { return .whole }
    // A number of more digits than an Int has lies beyond the end of any blob.
    let numbers = sides.map { $0.isEmpty ? nil : Int($0) ?? Int.max }
    switch (numbers[0], numbers[1]) {
    case (let first?, let last):
      if let last, last < first { return .whole }
      guard first < count else { return .unsatisfiable }
      return .part(first..<min(count - 1, last ?? count - 1) + 1)
    case (nil, let suffix?):
      guard suffix > 0, count > 0 else { return .unsatisfiable }
      return .part(max(0, count - suffix)..<count)
    default: return .whole
    }
  }
}
