import Wire

/// A seal over a folder at rest: the size of every file in it, and a digest of every block of every file.
///
/// It finds any changed byte and says where it is. It is not signed: whoever can change the folder can seal
/// it again, so it guards against faults of disks and copies, and the certificates in the log guard against
/// people.
///
/// ```swift
/// try Manifest.write(sealing: "network")
/// try Manifest.verify("network")
/// ```
public struct Manifest: Sendable, Hashable {
  /// The name of the manifest in the folder that it seals.
  public static let fileName = "MANIFEST"
  /// The length of a block in bytes; the last one of a file may be shorter.
  public static let blockBytes = 64 << 10
  /// The length of a manifest in bytes at most.
  public static let bytesLimit = 256 << 20
  /// The number of files in a sealed folder at most.
  public static let filesLimit = 1_000_000
  /// The number of folders inside one another at most.
  public static let depthLimit = 16

  static let blockDomain = HashDomain("trib.seal-block")
  static let closingDomain = HashDomain("trib.seal")

  /// A sealed file.
  public struct File: Sendable, Hashable {
    /// The path below the sealed folder, its parts separated by slashes.
    public let path: String
    /// The length in bytes.
    public let sizeBytes: Int
    /// The digest of each block.
    let blocks: [Digest]

    static func blockCount(ofSizeBytes size: Int) -> Int {
      size / blockBytes + (size % blockBytes > 0 ? 1 : 0)
    }

    func range(ofBlock index: Int) -> Range<Int> {
      index * blockBytes..<min((index + 1) * blockBytes, sizeBytes)
    }
  }

  /// The sealed files, in ascending order of their paths' bytes.
  public let files: [File]

  /// The length of the sealed files together, in bytes.
  public var sizeBytes: Int { files.reduce(0) { $0 + $1.sizeBytes } }
}

// Sealing and checking folders.
extension Manifest {
  /// Seals a folder: writes `MANIFEST` into it, in place of any that is there.
  ///
  /// - Returns: the seal.
  /// - Throws: `EngineError` with code `notAtRest` if a store in the folder is open or was not closed,
  ///   `unexpectedFile`, `limitExceeded`, `missing` or `system`.
  @discardableResult
  public static func write(sealing folder: String) throws(EngineError) -> Manifest {
    let paths = try filePaths(in: folder)
    // Before any file is opened: closing a database's file would drop the locks that this process holds on
    // it.
    for path in paths where ["-wal", "-journal", AtomicFile.partialSuffix].contains(where: path.hasSuffix) {
      throw EngineError(
        .notAtRest, at: folder + "/" + path, problem: "the file belongs to a store that was not closed",
        remedy: "close the store, or open it for writing once, and then seal the folder")
    }
    var files: [File] = []
    for path in paths { files.append(try seal(path, in: folder)) }
    let manifest = Manifest(files: files)
    try AtomicFile.write(manifest.encoded(), to: folder + "/" + fileName)
    return manifest
  }

  /// Checks a folder against the seal in it.
  ///
  /// - Returns: the seal.
  /// - Throws: `EngineError` with code `damaged`, at a place that names the file and the bytes of the first
  ///   block that differs; `missing` or `unexpectedFile` for a file too few or too many; `malformed` for a
  ///   damaged manifest; `limitExceeded` or `system`.
  @discardableResult
  public static func verify(_ folder: String) throws(EngineError) -> Manifest {
    let path = folder + "/" + fileName
    let manifest = try Manifest(decoding: try FileReader.read(path, limitBytes: bytesLimit), path: path)
    try manifest.checkNames(try filePaths(in: folder), in: folder)
    for file in manifest.files { try check(file, in: folder) }
    return manifest
  }

  private static func seal(_ path: String, in folder: String) throws(EngineError) -> File {
    let file = try OpenFile.reading(folder + "/" + path)
    var blocks: [Digest] = []
    var sizeBytes = 0
    while true {
      let block = try file.read(upTo: blockBytes)
      if !block.isEmpty { blocks.append(Digest(of: block, in: blockDomain)) }
      sizeBytes += block.count
      if block.count < blockBytes { return File(path: path, sizeBytes: sizeBytes, blocks: blocks) }
    }
  }

  private func checkNames(_ found: [String], in folder: String) throws(EngineError) {
    let sealed = files.map(\.path)
    // Both lists are in one order, so the first difference is a file too few or too many.
    let same = zip(sealed, found).prefix { $0 == $1 }.count
    guard same < max(sealed.count, found.count) else { return }
    let isMissing = same == found.count || (same < sealed.count && sealed[same].precedes(found[same]))
    guard isMissing else {
      throw EngineError(
        .unexpectedFile, at: folder + "/" + found[same], problem: "the file is not in the manifest",
        remedy: "move it away")
    }
    throw EngineError(
      .missing, at: folder + "/" + sealed[same],
      problem: "the file is in the manifest, but not in the folder",
      remedy: "restore it from a backup or from another node")
  }

  private static func check(_ sealed: File, in folder: String) throws(EngineError) {
    let path = folder + "/" + sealed.path
    let file = try OpenFile.reading(path)
    for (index, digest) in sealed.blocks.enumerated() {
      let range = sealed.range(ofBlock: index)
      let block = try file.read(upTo: range.count)
      guard block.count == range.count, Digest(of: block, in: blockDomain) == digest else {
        let problem =
          block.count == range.count
          ? "these bytes are not the sealed ones"
          : "the file has \(range.lowerBound + block.count) bytes, and was sealed with \(sealed.sizeBytes)"
        throw differs(path, range, problem)
      }
    }
    guard try file.read(upTo: 1).isEmpty else {
      let sizeBytes = try file.sizeBytes()
      let end = sealed.sizeBytes
      throw differs(path, end..<max(sizeBytes, end + 1), "the file was sealed with \(end) bytes")
    }
  }

  private static func differs(_ path: String, _ range: Range<Int>, _ problem: String) -> EngineError {
    EngineError(
      .damaged, at: "\(path), bytes \(range.lowerBound) to \(range.upperBound - 1)", problem: problem,
      remedy: "restore the file from a backup or from another node")
  }

  private static func filePaths(in folder: String) throws(EngineError) -> [String] {
    var paths: [String] = []
    try collectFiles(in: folder, below: "", depth: 0, into: &paths)
    return paths.filter { $0 != fileName }.sorted { $0.precedes($1) }
  }

  private static func collectFiles(
    in folder: String, below prefix: String, depth: Int, into paths: inout [String]
  ) throws(EngineError) {
    for entry in try Directory.entries(of: folder) {
      let place = folder + "/" + entry.name
      switch entry.kind {
      case .folder where depth < depthLimit:
        try collectFiles(in: place, below: prefix + entry.name + "/", depth: depth + 1, into: &paths)
      case .file where paths.count <= filesLimit && isSealable(entry.name):
        paths.append(prefix + entry.name)
      case .folder, .file:
        throw EngineError(
          .limitExceeded, at: place,
          problem: "a sealed folder holds at most \(filesLimit) files, \(depthLimit) folders deep, "
            + "without control characters in their names",
          remedy: "move it away")
      case .other:
        throw EngineError(
          .unexpectedFile, at: place, problem: "it is neither a file nor a folder", remedy: "move it away")
      }
    }
  }

  /// Whether the manifest, which has a line a file, can hold a name.
  private static func isSealable(_ name: String) -> Bool { name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }
}

extension String {
  /// The order of the bytes, which unlike that of `<` does not depend on Unicode's tables.
  func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
