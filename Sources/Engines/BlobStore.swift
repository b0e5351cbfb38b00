public import Wire

/// The plane that keeps packets, checkpoints and other blobs, each under the digest of its bytes.
///
/// ```swift
/// let blobs = try await FileBlobStore.open("network/blobs")
/// let digest = try await blobs.put(packetBytes)
/// let same = try await blobs.get(digest)
/// ```
public protocol BlobStore: Sendable {
  /// What the store accepts at most.
  var limits: EngineLimits { get }
  /// The domain in which the store hashes blobs to name them.
  var domain: HashDomain { get }

  /// Keeps a blob and returns its digest. It is durable when this returns. Keeping it again changes nothing,
  /// and mends a copy that was damaged.
  ///
  /// - Throws: `EngineError` with code `limitExceeded`, `readOnly`, `closed` or `system`.
  func put(_ bytes: [UInt8]) async throws(EngineError) -> Digest

  /// The blob with a digest. What is returned always has that digest.
  ///
  /// - Throws: `EngineError` with code `missing`, `damaged`, `closed` or `system`.
  func get(_ digest: Digest) async throws(EngineError) -> [UInt8]

  /// Whether there is a blob under a digest. It is not read, so `get` may still find it damaged.
  ///
  /// - Throws: `EngineError` with code `closed` or `system`.
  func contains(_ digest: Digest) async throws(EngineError) -> Bool

  /// The digests of all blobs, in ascending order.
  ///
  /// - Throws: `EngineError` with code `unexpectedFile`, `closed` or `system`.
  func digests() async throws(EngineError) -> [Digest]

  /// Lets go of the store. Closing again does nothing.
  ///
  /// - Throws: `EngineError` with code `system`.
  func close() async throws(EngineError)
}

/// What a store is opened for.
public enum StoreAccess: Sendable, Hashable {
  /// Changes too, by one process at a time; the store is created if it is not there.
  case readWrite
  /// Reading only; nothing on disk is changed.
  case readOnly
}
