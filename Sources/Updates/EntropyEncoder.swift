/// Writes what `CoderState` reads: notes all symbols in their order, then puts them into two states in the
/// opposite one, as the first to be read has to be the last that was written.
struct EntropyEncoder {
  /// A symbol's interval, and the bits that stand behind it.
  private struct Step {
    let low: UInt16
    let frequency: UInt16
    let tail: UInt16
    let tailCount: UInt8
    /// Which state it is put into: 0 for numbers, 1 for tags.
    let lane: UInt8
  }

  private var steps: [Step] = []

  /// Writes a tag into the state of the tags.
  mutating func append(tag: Int, _ model: inout SymbolModel) {
    append(model.take(symbol: tag), tail: 0, tailCount: 0, lane: 1)
  }

  /// Writes a number of at most 8,190 into the state of the numbers.
  mutating func append(number: Int, _ model: inout SymbolModel) {
    let tailCount = Int.bitWidth - 1 - (number + 1).leadingZeroBitCount
    append(model.take(symbol: tailCount), tail: number + 1 - 1 << tailCount, tailCount: tailCount, lane: 0)
  }

  private mutating func append(_ interval: SymbolModel.Interval, tail: Int, tailCount: Int, lane: UInt8) {
    steps.append(
      Step(
        low: interval.low, frequency: interval.frequency, tail: UInt16(tail), tailCount: UInt8(tailCount),
        lane: lane))
  }

  /// The bytes: both states as a reader starts with them, then what it shifts in.
  consuming func finish() -> [UInt8] {
    var states: InlineArray<2, UInt64> = [CoderState.least, CoderState.least]
    // Backwards, to be turned round as a whole.
    var reversed: [UInt8] = []
    for step in steps.reversed() {
      var state = states[Int(step.lane)]
      let frequency = UInt64(step.frequency)
      if state >= frequency << UInt64(63 - SymbolModel.precision - Int(step.tailCount)) {
        Self.append(state, byteCount: 4, to: &reversed)
        state >>= 32
      }
      state = state << UInt64(step.tailCount) | UInt64(step.tail)
      let (quotient, remainder) = state.quotientAndRemainder(dividingBy: frequency)
      states[Int(step.lane)] = quotient << UInt64(SymbolModel.precision) + remainder + UInt64(step.low)
    }
    for lane in [1, 0] {
      Self.append(states[lane], byteCount: CoderState.byteCount, to: &reversed)
    }
    return reversed.reversed()
  }

  private static func append(_ value: UInt64, byteCount: Int, to reversed: inout [UInt8]) {
    for place in 0..<byteCount { reversed.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place))) }
  }
}
