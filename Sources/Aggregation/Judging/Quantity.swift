/// What a check measures. It says in which unit the check's number and its limit stand in the log, where
/// everything is an integer: counts as they are, ratios in units of 2^-32.
public enum Quantity: Sendable, Hashable, CaseIterable {
  /// Nothing: the check answers yes or no, and both numbers are zero.
  case nothing
  /// How many parameters.
  case parameters
  /// How many versions.
  case versions
  /// How many updates.
  case updates
  /// How many values of an update that are not zero.
  case values
  /// The cosine between two vectors, -1...1.
  case cosine
  /// A norm as a multiple of the median of recent norms.
  case medianNorms
  /// A share of what is usual in the window, from 0 on.
  case windowShare
  /// `MixtureFit.polarity`, -1...1.
  case polarity
  /// Deviations from what is usual in the window.
  case deviations
}

extension Quantity {
  /// The number of bits after the point of a ratio.
  public static let fractionBits = 32
  /// The greatest count that is told; greater ones are cut off here.
  public static let greatestCount: Int64 = 1_000_000_000_000
  /// The greatest multiple that is told; greater ones are cut off here.
  public static let greatestMultiple: Int64 = 1_000_000

  /// The unit in a word or two, for tables and scripts; empty for `nothing`.
  public var unit: String {
    switch self {
    case .nothing: ""
    case .parameters: "parameters"
    case .versions: "versions"
    case .updates: "updates"
    case .values: "values"
    case .cosine: "cosine"
    case .medianNorms: "median norms"
    case .windowShare: "of the window's"
    case .polarity: "polarity"
    case .deviations: "deviations"
    }
  }

  /// The numbers that the log takes.
  public var range: ClosedRange<Int64> {
    switch self {
    case .nothing: 0...0
    case .parameters, .versions, .updates, .values: 0...Self.greatestCount
    case .cosine, .polarity: -(1 << Self.fractionBits)...(1 << Self.fractionBits)
    case .medianNorms, .windowShare: 0...(Self.greatestMultiple << Self.fractionBits)
    case .deviations:
      -(Self.greatestMultiple << Self.fractionBits)...(Self.greatestMultiple << Self.fractionBits)
    }
  }

  /// How many numbers are one whole.
  private var scale: Double {
    switch self {
    case .nothing, .parameters, .versions, .updates, .values: 1
    case .cosine, .medianNorms, .windowShare, .polarity, .deviations: Double(1 << Self.fractionBits)
    }
  }

  /// The number for a measured value, rounded to nearest and brought into `range`; NaN becomes its lower end.
  public func number(_ value: Double) -> Int64 {
    let scaled = (value * scale).rounded()
    guard scaled > Double(range.lowerBound) else { return range.lowerBound }
    return scaled < Double(range.upperBound) ? Int64(scaled) : range.upperBound
  }

  /// The value that a number stands for.
  public func value(_ number: Int64) -> Double { Double(number) / scale }
}
