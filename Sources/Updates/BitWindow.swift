import Numerics

/// Bytes as big-endian words, for reading bit strings of up to 64 bits at any bit offset.
enum BitWindow {
  /// Packs bytes into words, with two words of zeros after them so that a window at the very end exists.
  static func words(of bytes: [UInt8]) -> [UInt64] {
    Kernels.bigEndianWords(of: bytes, count: (bytes.count + 7) / 8 + 2)
  }

  /// The first `count` bytes that words were packed from.
  static func bytes(of words: [UInt64], count: Int) -> [UInt8] {
    Kernels.bigEndianBytes(of: words, count: count)
  }

  /// The 64 bits from an offset, the first of them highest.
  @inline(__always)
  static func load(_ words: Span<UInt64>, at offset: Int) -> UInt64 {
    let word = offset &>> 6
    let shift = UInt64(truncatingIfNeeded: offset & 63)
    return words[word] &<< shift | (words[word + 1] &>> 1) &>> (63 - shift)
  }

  /// Reads an integer in Elias' gamma code, and moves the offset past it; nil if it has more than 13 bits,
  /// which no integer of the format has.
  static func gamma(_ words: Span<UInt64>, at offset: inout Int) -> Int? {
    let window = load(words, at: offset)
    let tailCount = window.leadingZeroBitCount
    guard tailCount <= 12 else { return nil }
    offset += 2 * tailCount + 1
    return Int(window >> UInt64(63 - 2 * tailCount))
  }
}
