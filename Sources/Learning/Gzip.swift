private import CZlib

/// Decompresses gzip data in memory, up to a limit.
public enum Gzip {
  /// The most bytes that come out, unless a caller says otherwise.
  public static let defaultLimitBytes = 1 << 30

  private static let bufferBytes = 1 << 16
  /// Fifteen bits of window, and 16 for "gzip only" as zlib counts.
  private static let windowBits: Int32 = 15 + 16

  /// Whether data begins as gzip does.
  public static func isCompressed(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// Decompresses one gzip member, checking its length and checksum.
  ///
  /// - Parameters:
  ///   - bytes: the member and nothing else.
  ///   - limitBytes: the most bytes that may come out; memory stays below it whatever the data claim.
  /// - Throws: `LearningError.invalidGzip` for damaged, truncated, trailing or too much data.
  public static func inflate(
    _ bytes: [UInt8], limitBytes: Int = defaultLimitBytes
  ) throws(LearningError) -> [UInt8] {
    guard let inputBytes = UInt32(exactly: bytes.count) else {
      throw .invalidGzip(reason: "\(bytes.count) bytes are more than can be decompressed at once")
    }
    var stream = z_stream()
    guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .invalidGzip(reason: "the decompressor could not be set up; is there memory left?")
    }
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: bufferBytes)
    var status = Z_OK
    var produced = 0
    var input = bytes
    // zlib keeps pointers into both buffers, and neither moves while it does.
    input.withUnsafeMutableBufferPointer { input in
      buffer.withUnsafeMutableBufferPointer { buffer in
        stream.next_in = input.baseAddress
        stream.avail_in = inputBytes
        repeat {
          stream.next_out = buffer.baseAddress
          stream.avail_out = UInt32(buffer.count)
          status = CZlib.inflate(&stream, Z_NO_FLUSH)
          let fresh = buffer.count - Int(stream.avail_out)
          produced += fresh
          guard produced <= limitBytes else { break }
          output.append(contentsOf: buffer[..<fresh])
        } while status == Z_OK
      }
    }
    guard produced <= limitBytes else {
      throw .invalidGzip(reason: "the content is larger than the limit of \(limitBytes) bytes")
    }
    guard status == Z_STREAM_END else {
      let reason = stream.avail_in == 0 ? "it ends too early" : "it is damaged"
      throw .invalidGzip(reason: "\(reason), near byte \(bytes.count - Int(stream.avail_in))")
    }
    guard stream.avail_in == 0 else {
      throw .invalidGzip(reason: "\(stream.avail_in) bytes follow the end of the content; remove them")
    }
    return output
  }
}
