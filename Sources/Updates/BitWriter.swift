/// Appends bit strings to bytes, the first bit in a byte's highest place.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingCount = 0

  /// Appends the lowest `count` bits of a value, at most 32, the highest of them first.
  @inline(__always)
  mutating func append(_ value: UInt64, count: Int) {
    pending = pending << UInt64(count) | value
    pendingCount += count
    while pendingCount >= 8 {
      pendingCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(pendingCount)))
    }
  }

  /// Appends zeros and then a one.
  mutating func append(unary zeroCount: Int) {
    var rest = zeroCount
    while rest >= 32 {
      append(0, count: 32)
      rest -= 32
    }
    append(1, count: rest + 1)
  }

  /// Appends a positive integer in Elias' gamma code: as many zeros as it has bits after its first, then the
  /// bits.
  mutating func append(gamma value: Int) {
    let tailCount = Int.bitWidth - 1 - value.leadingZeroBitCount
    append(unary: tailCount)
    append(UInt64(value) & (1 << UInt64(tailCount) - 1), count: tailCount)
  }

  /// Pads the last byte with zeros and returns the bytes.
  consuming func finish() -> [UInt8] {
    if pendingCount > 0 { append(0, count: 8 - pendingCount) }
    return bytes
  }
}
