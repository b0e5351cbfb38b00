public import Wire

/// The message under a blob's digest: the blob itself if it is short, or the digests of its chunks.
public struct BlobManifest: WireMessage, Hashable {
  /// The name in the schema.
  public static let wireName = "BlobManifest"
  /// The length in bytes of every chunk but a blob's last, and of the longest blob that needs none.
  public static let chunkBytes = 512 << 10
  /// The greatest number of chunks: 8 GiB.
  public static let chunksLimit = 1 << 14
  /// The length in bytes of the longest manifest.
  static let bytesLimit = max(chunkBytes, chunksLimit * (2 + Digest.byteCount)) + 8

  /// The bytes of a short blob.
  public let content: [UInt8]
  /// The digests of a long blob's chunks, each in the domain `trib.chunk`, in order.
  public let chunks: [Digest]

  static let chunkDomain = HashDomain("trib.chunk")

  /// Describes a blob.
  public init(of blob: [UInt8]) {
    if blob.count <= Self.chunkBytes {
      content = blob
      chunks = []
    } else {
      content = []
      chunks = Self.chunks(of: blob).map { Digest(of: Array($0), in: Self.chunkDomain) }
    }
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    content = try reader.bytes(1, maximumCount: Self.chunkBytes)
    chunks = try reader.digests(2, maximumCount: Self.chunksLimit)
    guard chunks.isEmpty || content.isEmpty && chunks.count > 1 else {
      throw WireError(
        .invalidValue, subject: Self.wireName, field: 2,
        detail:
          "\(chunks.count) chunks beside \(content.count) bytes: a blob has bytes or at least two chunks")
    }
  }

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.bytes(content, field: 1)
    writer.digests(chunks, field: 2)
  }

  /// A blob's chunks.
  static func chunks(of blob: [UInt8]) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: blob.count, by: chunkBytes).map { blob[$0..<min($0 + chunkBytes, blob.count)] }
  }
}
