/// One state of an entropy coder, as a reader has it: an asymmetric numeral system with probabilities from
/// models (J. Duda, Asymmetric numeral systems, 2013).
///
/// A state is an integer of at least 2^31 and below 2^63. What is read makes it smaller, and four bytes are
/// shifted in from below whenever it falls under 2^31. Reading undoes exactly what writing did, so if a
/// reader arrives where the writer started, the bytes are the ones that the writer would write.
struct CoderState: Sendable {
  /// The least state, from which writers start.
  static let least: UInt64 = 1 << 31
  /// The bytes of a state at the start of a payload.
  static let byteCount = 8

  private(set) var value: UInt64

  /// Reads a state that stands in eight bytes, the highest first.
  ///
  /// - Throws: `PayloadFault.state` for one that is out of range.
  init(_ bytes: Span<UInt8>, at offset: Int) throws(PayloadFault) {
    value = (offset..<offset + Self.byteCount).reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
    guard (Self.least..<Self.least << 32).contains(value) else { throw .state }
  }

  /// Reads a symbol.
  @inline(__always)
  mutating func symbol(_ model: inout SymbolModel, _ bytes: Span<UInt8>, at offset: inout Int) -> Int {
    let symbol = next(&model)
    refill(bytes, at: &offset)
    return symbol
  }

  /// Reads a number: the length of its successor in bits as a symbol, then the bits after the first as they
  /// are.
  @inline(__always)
  mutating func number(_ model: inout SymbolModel, _ bytes: Span<UInt8>, at offset: inout Int) -> Int {
    let tailCount = UInt64(truncatingIfNeeded: next(&model))
    let head = 1 &<< tailCount as UInt64
    let successor = head | value & (head &- 1)
    value = value &>> tailCount
    refill(bytes, at: &offset)
    return Int(truncatingIfNeeded: successor) &- 1
  }

  @inline(__always)
  private mutating func next(_ model: inout SymbolModel) -> Int {
    let slot = UInt16(truncatingIfNeeded: value) & (1 << UInt16(SymbolModel.precision) - 1)
    let interval = model.take(slot: slot)
    value =
      UInt64(interval.frequency) &* (value &>> UInt64(SymbolModel.precision)) &+ UInt64(slot &- interval.low)
    return interval.symbol
  }

  /// Past the end of the bytes zeros are read, and the offset tells.
  @inline(__always)
  private mutating func refill(_ bytes: Span<UInt8>, at offset: inout Int) {
    // A branch, so that the other state does not have to wait for this one: the processor predicts it mostly.
    guard value < Self.least else { return }
    var word: UInt64 = 0
    if offset &+ 4 <= bytes.count {
      for place in offset..<offset &+ 4 { word = word &<< 8 | UInt64(bytes[place]) }
    }
    value = value &<< 32 | word
    offset &+= 4
  }
}
