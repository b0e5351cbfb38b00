/// Golomb's code for the gaps between kept positions (S. W. Golomb, Run-length encodings, IEEE Trans. Inf.
/// Theory, 1966).
///
/// A gap g is written as g / M in unary and g mod M in truncated binary. With positions placed uniformly gaps
/// are nearly geometric, for which this is the best prefix code (Gallager and van Voorhis, 1975): at 64 of
/// 4,096 it takes 7.44 bits a gap where the entropy is 7.36 and Rice's code, which needs M to be a power of
/// two, takes 7.50. The modulus follows from the count and the length alone, so it costs no bits and leaves
/// no choice.
struct GolombCode: Sendable, Hashable {
  /// M: ln 2 times the mean distance of kept positions, at least 1.
  let modulus: Int
  /// The bits of a long remainder, ceil(log2 M). A short one has one less.
  let width: Int
  /// The number of short remainders, 2^width - M.
  let cutoff: Int

  /// ln 2 in 1024ths.
  private static let naturalLogOfTwo1024ths = 710

  /// The code for `count` positions, at least 1, out of `length`.
  init(count: Int, length: Int) {
    modulus = max(1, length * Self.naturalLogOfTwo1024ths / (1_024 * count))
    width = Int.bitWidth - (modulus - 1).leadingZeroBitCount
    cutoff = 1 << width - modulus
  }

  /// Writes a gap.
  func append(_ gap: Int, to writer: inout BitWriter) {
    let (quotient, remainder) = gap.quotientAndRemainder(dividingBy: modulus)
    writer.append(unary: quotient)
    if remainder < cutoff {
      writer.append(UInt64(remainder), count: width - 1)
    } else {
      writer.append(UInt64(remainder + cutoff), count: width)
    }
  }

  /// What `read` returns for zeros without an end: a gap that lies past the end of any chunk.
  static let endless = 1 << 32

  // A quotient of 48, a remainder of 12 bits and a tag of 2 fit into one window of 64 bits.
  private static let quotientInWindowLimit = 48

  /// Reads a gap and a tag of `tagCount` bits, 1 or 2, behind it, and moves the offset past both.
  ///
  /// The offset may end past the end of the bits, which the caller checks when it validates.
  @inline(__always)
  func read(_ words: Span<UInt64>, at offset: inout Int, tagCount: Int) -> (gap: Int, tag: Int) {
    var window = BitWindow.load(words, at: offset)
    var quotient = window.leadingZeroBitCount
    if quotient > Self.quotientInWindowLimit {
      quotient = Self.countZeros(words, from: offset)
      guard quotient <= UpdateLimits.chunkParameterCount else { return (Self.endless, 0) }
      window = BitWindow.load(words, at: offset &+ quotient) &<< 1
    } else {
      window = window &<< UInt64(truncatingIfNeeded: quotient &+ 1)
    }
    // Shifting in two steps keeps the shift's count below 64 where the width, and so the remainder, is 0.
    let bits = Int(truncatingIfNeeded: (window &>> 1) &>> UInt64(truncatingIfNeeded: 63 &- width))
    // All ones for a short remainder, else zero: a branch here would be mispredicted every other time.
    let short = ((bits &>> 1) &- cutoff) &>> 63
    let remainder = (bits &- cutoff) ^ (((bits &- cutoff) ^ (bits &>> 1)) & short)
    let remainderCount = width &+ short
    window = window &<< UInt64(truncatingIfNeeded: remainderCount)
    offset &+= quotient &+ 1 &+ remainderCount &+ tagCount
    let tag = Int(truncatingIfNeeded: window &>> UInt64(truncatingIfNeeded: 64 &- tagCount))
    return (quotient &* modulus &+ remainder, tag)
  }

  /// The number of zeros before the next one bit; more than a chunk has parameters where the words end before
  /// it.
  // The offset is passed by value, so that the caller's can stay in a register.
  @inline(never)
  private static func countZeros(_ words: Span<UInt64>, from offset: Int) -> Int {
    var total = 0
    while total <= UpdateLimits.chunkParameterCount, (offset + total) >> 6 + 1 < words.count {
      let count = BitWindow.load(words, at: offset + total).leadingZeroBitCount
      total += count
      if count < 64 { return total }
    }
    return endless
  }
}
