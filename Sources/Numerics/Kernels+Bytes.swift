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
}
