// What is hashed of a vector. They write uninitialised memory, because growing an array byte by byte takes
// longer than hashing it.
extension Kernels {
  /// Each value's bit pattern as four little-endian bytes.
  public static func littleEndianBytes(of values: ArraySlice<Float>) -> [UInt8] {
    littleEndianBytes(of: values, word: \.bitPattern)
  }

  /// Each value in two's complement as four little-endian bytes.
  public static func littleEndianBytes(of values: ArraySlice<Int32>) -> [UInt8] {
    littleEndianBytes(of: values, word: UInt32.init(bitPattern:))
  }

  /// The values whose bit patterns stand in little-endian bytes; bytes beyond a multiple of four are passed
  /// over.
  public static func floats(ofLittleEndian bytes: [UInt8]) -> [Float] {
    values(ofLittleEndian: bytes, Float.init(bitPattern:))
  }

  /// The two's complement integers that stand in little-endian bytes; bytes beyond a multiple of four are
  /// passed over.
  public static func integers(ofLittleEndian bytes: [UInt8]) -> [Int32] {
    values(ofLittleEndian: bytes, Int32.init(bitPattern:))
  }

  @inline(__always)
  private static func values<Value>(ofLittleEndian bytes: [UInt8], _ value: (UInt32) -> Value) -> [Value] {
    bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { place in
        value(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self)))
      }
    }
  }

  @inline(__always)
  private static func littleEndianBytes<Value>(
    of values: ArraySlice<Value>, word: (Value) -> UInt32
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 4 * values.count) { bytes, count in
      let bytes = UnsafeMutableRawBufferPointer(bytes)
      for (place, value) in values.enumerated() {
        bytes.storeBytes(of: word(value).littleEndian, toByteOffset: 4 * place, as: UInt32.self)
      }
      count = 4 * values.count
    }
  }

  /// Eight bytes a word, the first of them highest, and zeros after the last byte.
  ///
  /// - Parameter count: the number of words; they hold all bytes.
  public static func bigEndianWords(of bytes: [UInt8], count: Int) -> [UInt64] {
    precondition(bytes.count <= 8 * count, "\(count) words do not hold \(bytes.count) bytes")
    return [UInt64](unsafeUninitializedCapacity: count) { words, filled in
      let whole = bytes.count / 8
      bytes.withUnsafeBytes { bytes in
        for place in 0..<whole {
          words[place] = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self))
        }
      }
      for place in whole..<count { words[place] = 0 }
      for place in 8 * whole..<bytes.count {
        words[whole] |= UInt64(bytes[place]) << UInt64(56 - 8 * (place - 8 * whole))
      }
      filled = count
    }
  }

  /// The first `count` bytes of words, the highest of each word first.
  public static func bigEndianBytes(of words: [UInt64], count: Int) -> [UInt8] {
    precondition(count <= 8 * words.count, "\(words.count) words do not hold \(count) bytes")
    return [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
      let raw = UnsafeMutableRawBufferPointer(bytes)
      let whole = count / 8
      for place in 0..<whole {
        raw.storeBytes(of: words[place].bigEndian, toByteOffset: 8 * place, as: UInt64.self)
      }
      for place in 8 * whole..<count {
        raw.storeBytes(
          of: UInt8(truncatingIfNeeded: words[whole] >> UInt64(56 - 8 * (place - 8 * whole))),
          toByteOffset: place, as: UInt8.self)
      }
      filled = count
    }
  }
}
