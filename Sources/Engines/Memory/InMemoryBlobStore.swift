public import Wire

/// Blobs in memory, for simulation and as the oracle that other stores are compared with. Nothing is durable.
public actor InMemoryBlobStore: BlobStore {
  /// What the store accepts at most.
  public nonisolated let limits: EngineLimits
  /// The domain in which the store hashes blobs to name them.
  public nonisolated let domain: HashDomain

  private static let name = "blobs in memory"
  private var blobs: [Digest: [UInt8]] = [:]
  private var isClosed = false

  /// Creates an empty store.
  public init(domain: HashDomain = .blob, limits: EngineLimits = EngineLimits()) {
    self.domain = domain
    self.limits = limits
  }

  /// Keeps a blob and returns its digest.
  public func put(_ bytes: [UInt8]) throws(EngineError) -> Digest {
    try checkOpen()
    try limits.check(blob: bytes, at: Self.name)
    let digest = Digest(of: bytes, in: domain)
    blobs[digest] = bytes
    return digest
  }

  /// The blob with a digest.
  public func get(_ digest: Digest) throws(EngineError) -> [UInt8] {
    try checkOpen()
    guard let bytes = blobs[digest] else { throw .missingBlob(digest, at: Self.name) }
    return bytes
  }

  /// Whether there is a blob under a digest.
  public func contains(_ digest: Digest) throws(EngineError) -> Bool {
    try checkOpen()
    return blobs[digest] != nil
  }

  /// The digests of all blobs, in ascending order.
  public func digests() throws(EngineError) -> [Digest] {
    try checkOpen()
    return blobs.keys.sorted()
  }

  /// Lets go of the blobs.
  public func close() {
    isClosed = true
    blobs = [:]
  }

  private func checkOpen() throws(EngineError) {
    guard !isClosed else { throw .closed(Self.name) }
  }
}

extension EngineError {
  static func missingBlob(_ digest: Digest, at place: String) -> EngineError {
    EngineError(
      .missing, at: place, problem: "there is no blob \(digest.hex)", remedy: "fetch it from another node")
  }
}
