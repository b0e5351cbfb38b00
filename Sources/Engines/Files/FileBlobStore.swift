import Glibc
public import Wire

/// Blobs as files, each named by its digest in a folder named by the digest's first two digits.
///
///     blobs/3f/3f9a…c2
///
/// A blob is written beside its name, synchronised, renamed, and the folder synchronised, so a name on the
/// disk always has its whole content. One process at a time has a store open for writing.
///
/// Several blobs are written at a time, because file systems synchronise many files nearly as fast as one.
public actor FileBlobStore: BlobStore {
  /// What the store accepts at most.
  public nonisolated let limits: EngineLimits
  /// The domain in which the store hashes blobs to name them.
  public nonisolated let domain: HashDomain
  /// The executor, on which blocking calls may block.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let path: String
  private let access: StoreAccess
  private let executor = BlockingExecutor(label: "tributary.blobs")
  /// All blobs of a folder have one writer, so that the folder itself is durable before the second of them.
  private let writers: [BlockingThread]
  // The lock goes with the open folder, and needs no file that would stand among the blobs.
  private var lock: OpenFile?

  /// Blobs that are written at a time, at most.
  private static let writersCount = 16

  private init(path: String, access: StoreAccess, domain: HashDomain, limits: EngineLimits) {
    self.path = path
    self.access = access
    self.domain = domain
    self.limits = limits
    writers = (0..<(access == .readWrite ? Self.writersCount : 0)).map {
      BlockingThread(label: "tributary.blobs.\($0)")
    }
  }

  /// Opens a store.
  ///
  /// - Parameters:
  ///   - path: the folder. For writing, it is created if it is not there; its own folder must exist.
  ///   - access: what to open it for. For writing, what a crash left half written is removed.
  ///   - domain: the domain in which blobs are hashed, which must be the one they were kept with.
  ///   - limits: what to accept at most.
  /// - Throws: `EngineError` with code `inUse`, `missing`, `unexpectedFile` or `system`.
  public static func open(
    _ path: String, access: StoreAccess = .readWrite, domain: HashDomain = .blob,
    limits: EngineLimits = EngineLimits()
  ) async throws(EngineError) -> FileBlobStore {
    let store = FileBlobStore(path: path, access: access, domain: domain, limits: limits)
    try await store.start()
    return store
  }

  /// Keeps a blob and returns its digest; it is on disk when this returns.
  public func put(_ bytes: [UInt8]) async throws(EngineError) -> Digest {
    try checkOpen()
    guard access == .readWrite else { throw .readOnly(path) }
    try limits.check(blob: bytes, at: path)
    let digest = Digest(of: bytes, in: domain)
    let writer = writers[Int(digest.bytes[0]) % writers.count]
    try await writer.run { () throws(EngineError) in try self.write(bytes, digest) }
    return digest
  }

  private nonisolated func write(_ bytes: [UInt8], _ digest: Digest) throws(EngineError) {
    let file = filePath(of: digest)
    let folder = Directory.parent(of: file)
    try Directory.create(folder)
    if try Directory.kind(of: file) != nil, let kept = try? read(digest), kept == bytes {
      // An earlier call may have failed between the renaming and the synchronisation.
      try Directory.sync(folder)
    } else {
      try AtomicFile.write(bytes, to: file)
    }
  }

  /// The blob with a digest, checked against it.
  public func get(_ digest: Digest) throws(EngineError) -> [UInt8] {
    try checkOpen()
    return try read(digest)
  }

  /// Whether there is a blob under a digest.
  public func contains(_ digest: Digest) throws(EngineError) -> Bool {
    try checkOpen()
    return try Directory.kind(of: filePath(of: digest)) == .file
  }

  /// The digests of all blobs, in ascending order.
  public func digests() throws(EngineError) -> [Digest] {
    try checkOpen()
    var result: [Digest] = []
    for folder in try folders() {
      for entry in try Directory.entries(of: path + "/" + folder)
      where !entry.name.hasSuffix(AtomicFile.partialSuffix) {
        guard entry.kind == .file, entry.name.hasPrefix(folder), let digest = Digest(hex: entry.name) else {
          throw stranger(folder + "/" + entry.name)
        }
        result.append(digest)
      }
    }
    return result
  }

  /// Lets go of the store, once the blobs that are being written are on disk.
  public func close() async {
    guard let lock = lock.take() else { return }
    for writer in writers { try? await writer.run {} }
    _ = consume lock
  }

  private func start() throws(EngineError) {
    if access == .readWrite { try Directory.create(path) }
    let folder = try OpenFile(path, flags: O_RDONLY | O_DIRECTORY)
    try folder.lock(exclusively: access == .readWrite)
    if access == .readWrite { try removePartialFiles() }
    lock = consume folder
  }

  private func removePartialFiles() throws(EngineError) {
    for folder in try folders() {
      for entry in try Directory.entries(of: path + "/" + folder)
      where entry.kind == .file && entry.name.hasSuffix(AtomicFile.partialSuffix) {
        try Directory.remove(file: path + "/" + folder + "/" + entry.name)
      }
    }
  }

  private func folders() throws(EngineError) -> [String] {
    var result: [String] = []
    for entry in try Directory.entries(of: path) {
      guard entry.kind == .folder, Hex.decode(entry.name)?.count == 1 else { throw stranger(entry.name) }
      result.append(entry.name)
    }
    return result
  }

  private nonisolated func read(_ digest: Digest) throws(EngineError) -> [UInt8] {
    let file = filePath(of: digest)
    guard try Directory.kind(of: file) != nil else { throw .missingBlob(digest, at: file) }
    let bytes = try FileReader.read(file, limitBytes: limits.blobBytes)
    guard Digest(of: bytes, in: domain) == digest else {
      throw EngineError(
        .damaged, at: file, problem: "its \(bytes.count) bytes do not have the digest that it is named by",
        remedy: "remove the file and fetch the blob from another node")
    }
    return bytes
  }

  private nonisolated func filePath(of digest: Digest) -> String {
    let name = digest.hex
    return path + "/" + name.prefix(2) + "/" + name
  }

  private func stranger(_ name: String) -> EngineError {
    EngineError(
      .unexpectedFile, at: path + "/" + name, problem: "it is not a part of a blob store",
      remedy: "move it away")
  }

  private func checkOpen() throws(EngineError) {
    if lock == nil { throw .closed(path) }
  }
}
