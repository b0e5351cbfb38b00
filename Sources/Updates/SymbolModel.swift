/// The probabilities of up to 15 symbols, learnt from the symbols themselves.
///
/// Of all numbers below 2^15 symbol s takes those from bound s up to bound s + 1. After each symbol the
/// bounds between the first and the last move a part of the way to where that symbol would take nearly
/// everything: an eighth at first, a 256th once 128 symbols have been seen. Reader and writer do this alike,
/// so no table is sent.
struct SymbolModel: Sendable {
  /// The bits of a bound: the last one is 2 to this power.
  static let precision = 15
  /// What every symbol keeps of the numbers however long it does not occur.
  private static let leastFrequency = 8

  /// Lane i is bound i. From the last one on that is 2^15, which wraps to `Int16.min`.
  private var bounds: SIMD16<Int16>
  /// Where the bounds above a symbol move to, and what to change of that for the others.
  private let targetsAbove: SIMD16<Int16>
  private let targetChange: SIMD16<Int16>
  /// The number of symbols so far, up to 128.
  private var seen: UInt8 = 0

  /// Starts with equal probabilities.
  init(symbolCount: Int) {
    precondition((2...15).contains(symbolCount), "a model has 2 to 15 symbols")
    let all = 1 << Self.precision
    let wrapped = SIMD16(repeating: Int16.min)
    var (equal, below, above) = (wrapped, wrapped, wrapped)
    for index in 0..<symbolCount {
      equal[index] = Int16(all * index / symbolCount)
      below[index] = Int16(Self.leastFrequency * index)
      above[index] = Int16(all - Self.leastFrequency * (symbolCount - index))
    }
    bounds = equal
    targetsAbove = above
    targetChange = below ^ above
  }

  /// A symbol, and the numbers that it took before the model learnt from it.
  struct Interval {
    let symbol: Int
    let low: UInt16
    let frequency: UInt16
  }

  /// Finds the symbol that takes a number below 2^15, and learns from it.
  @inline(__always)
  mutating func take(slot: UInt16) -> Interval {
    // A bound less the number less one is negative just where the bound is not above the number, and lies
    // between -2^15 and 2^15 - 1. Shifting it makes ones of the lanes up to the symbol's.
    let below = (bounds &- SIMD16(repeating: Int16(truncatingIfNeeded: slot) &+ 1)) &>> SIMD16(repeating: 15)
    let symbol = Self.count(below) &- 1
    let interval = interval(of: symbol)
    learn(below)
    return interval
  }

  /// The number of lanes that are all ones; the others are zero.
  @inline(__always)
  private static func count(_ lanes: SIMD16<Int16>) -> Int {
    let eight = lanes.lowHalf &+ lanes.highHalf
    let four = eight.lowHalf &+ eight.highHalf
    let two = four.lowHalf &+ four.highHalf
    return Int(0 &- (two.x &+ two.y))
  }

  /// Takes a symbol, and learns from it.
  mutating func take(symbol: Int) -> Interval {
    let interval = interval(of: symbol)
    var below = SIMD16<Int16>.zero
    for index in 0...symbol { below[index] = -1 }
    learn(below)
    return interval
  }

  @inline(__always)
  private func interval(of symbol: Int) -> Interval {
    let low = UInt16(bitPattern: bounds[symbol])
    return Interval(symbol: symbol, low: low, frequency: UInt16(bitPattern: bounds[symbol &+ 1]) &- low)
  }

  /// Moves the bounds, given ones in the lanes up to the symbol's and zeros elsewhere.
  ///
  /// Bounds stay at least `leastFrequency` apart: if two bounds and their targets are that far apart, then so
  /// are the means that they move to, rounded down.
  @inline(__always)
  private mutating func learn(_ below: SIMD16<Int16>) {
    let shift = min(max(UInt8.bitWidth - seen.leadingZeroBitCount, 3), 8)
    let targets = targetsAbove ^ (targetChange & below)
    bounds &+= (targets &- bounds) &>> SIMD16(repeating: Int16(truncatingIfNeeded: shift))
    seen = min(seen &+ 1, 128)
  }
}
