import Wire

/// Keeps every blob in two copies, as a store with replicas does. A copy whose bytes no longer have the
/// blob's digest is mended from the other.
struct BlobServer: SimulatedNode {
  private static let copies = 0..<2

  mutating func handle(_ input: NodeInput, _ disk: SimulatedDisk, clock: Double) -> [Effect] {
    switch input {
    case .message(.put(let number, let bytes), let sender):
      let digest = Digest(of: bytes, in: .blob)
      return Self.copies.flatMap { Self.mend($0, digest, bytes, disk) } + [.send(.stored(number), to: sender)]
    case .message(.get(let number, let digest), let sender):
      let bytes = Self.read(digest, on: disk)
      let mended = bytes.map { bytes in Self.copies.flatMap { Self.mend($0, digest, bytes, disk) } } ?? []
      return mended + [.send(.blob(number, bytes), to: sender)]
    default: return []
    }
  }

  /// A blob as the store would hand it out; nil if no copy of it is whole.
  static func read(_ digest: Digest, on disk: SimulatedDisk) -> [UInt8]? {
    copies.lazy.compactMap { disk[file($0, digest)] }.first { Digest(of: $0, in: .blob) == digest }
  }

  /// The blobs of which a copy is whole, by digest.
  static func contents(of disk: SimulatedDisk) -> [Digest: [UInt8]] {
    var blobs: [Digest: [UInt8]] = [:]
    for name in disk.names {
      guard let digest = Digest(hex: String(name.dropFirst(2))) else { continue }
      blobs[digest] = read(digest, on: disk)
    }
    return blobs
  }

  /// Whether a file is one that may spoil without any blob being lost: all of a store's copies do not spoil
  /// at once.
  static func maySpoil(_ file: String) -> Bool { file.hasPrefix("0/") }

  /// The files that hold a blob's copies.
  static func files(of digest: Digest) -> [String] { copies.map { file($0, digest) } }

  private static func mend(
    _ copy: Int, _ digest: Digest, _ bytes: [UInt8], _ disk: SimulatedDisk
  ) -> [Effect] {
    let file = file(copy, digest)
    guard disk[file] != bytes else { return [] }
    let write: [Effect] = [.write(.replace(file: file, bytes)), .sync(file: file)]
    return disk[file] == nil ? write : write + [.note(.met(.mendedBlob))]
  }

  private static func file(_ copy: Int, _ digest: Digest) -> String { "\(copy)/\(digest.hex)" }
}
