public import Wire

/// Blobs on NATS JetStream, for many processes on many machines: short ones whole, long ones in chunks of
/// 512 KB, each under the digest of its bytes.
///
/// ```swift
/// let blobs = try await JetStreamBlobStore.open(network: network, servers: servers)
/// ```
///
/// Anybody with the right to append can store anything under any digest, and nothing can be deleted. So what
/// stands under a digest is a candidate, and the blob is the candidate that has the digest: the last one is
/// tried first, then the others from the first on.
public final class JetStreamBlobStore: BlobStore {
  /// What the store accepts at most.
  public let limits: EngineLimits
  /// The domain in which the store hashes blobs to name them.
  public let domain: HashDomain

  /// The number of candidates under one digest that are tried at most.
  public static let candidatesLimit = 64

  private let names: JetStreamNames
  private let link: NatsLink
  private let requests: BlobRequests

  private init(names: JetStreamNames, link: NatsLink, domain: HashDomain, limits: EngineLimits) {
    self.names = names
    self.link = link
    self.domain = domain
    self.limits = limits
    requests = BlobRequests(link: link, stream: names.blobStream)
  }

  /// Opens a network's blobs.
  ///
  /// - Parameters:
  ///   - network: the network's digest, which names the stream.
  ///   - servers: where the stream is. `JetStreamStreams.create` made it.
  ///   - domain: the domain in which to hash blobs.
  ///   - limits: what to accept at most.
  /// - Throws: `EngineError` with code `missing` if there is no stream, `unknownFormat` if it has other
  ///   settings, `unreachable`, `notPermitted`, `damaged` or `system`.
  public static func open(
    network: Digest, servers: NatsServers, domain: HashDomain = .blob, limits: EngineLimits = EngineLimits()
  ) async throws(EngineError) -> JetStreamBlobStore {
    let names = JetStreamNames(network: network)
    let link = NatsLink(servers)
    let store = JetStreamBlobStore(names: names, link: link, domain: domain, limits: limits)
    do throws(EngineError) {
      let found = try await store.requests.info().settings
      if let objection = StreamSettings.blobs(names, replicas: 1).objection(to: found) {
        throw EngineError(
          .unknownFormat, at: "\(servers.place), stream \(names.blobStream)", problem: objection,
          remedy: "have the stream's operator restore its settings")
      }
    } catch {
      link.close()
      throw error
    }
    return store
  }

  /// Keeps a blob: first its chunks, then what names them. What is there already is not sent again.
  public func put(_ bytes: [UInt8]) async throws(EngineError) -> Digest {
    try limits.check(blob: bytes, at: link.servers.place)
    let digest = Digest(of: bytes, in: domain)
    let manifest = BlobManifest(of: bytes)
    // Each different chunk once.
    let pieces = Array(
      Dictionary(
        zip(manifest.chunks, BlobManifest.chunks(of: bytes)), uniquingKeysWith: { first, _ in first }))
    try await each(pieces.indices) { [requests, names] index throws(EngineError) in
      let (digest, piece) = pieces[index]
      try await requests.keep(Array(piece), on: names.chunkPrefix + digest.hex)
    }
    try await requests.keep(manifest.wireBytes, on: names.blobPrefix + digest.hex)
    return digest
  }

  /// The blob with a digest.
  public func get(_ digest: Digest) async throws(EngineError) -> [UInt8] {
    let subject = names.blobPrefix + digest.hex
    let found = try await requests.find(on: subject) { [self] body throws(EngineError) -> [UInt8]? in
      guard let manifest = try? BlobManifest(wireBytes: body, limit: BlobManifest.bytesLimit),
        let blob = try await assemble(manifest), Digest(of: blob, in: domain) == digest
      else { return nil }
      return blob
    }
    switch found {
    case .found(let blob): return blob
    case .absent: throw .missingBlob(digest, at: link.servers.place)
    case .damaged:
      throw EngineError(
        .damaged, at: "\(link.servers.place), blob \(digest.hex)",
        problem: "nothing that was stored under the digest has it, or a chunk is missing",
        remedy: "keep the blob again from another node's copy")
    }
  }

  /// Whether anything was stored under a digest.
  public func contains(_ digest: Digest) async throws(EngineError) -> Bool {
    let subject = names.blobPrefix + digest.hex
    return try await requests.info(subjects: subject).state.subjects?[subject] != nil
  }

  /// The digests under which anything was stored, in ascending order. Subjects that name no digest are left
  /// out, since whoever may append can make them.
  public func digests() async throws(EngineError) -> [Digest] {
    var digests: [Digest] = []
    var offset = 0
    while true {
      let info = try await requests.info(subjects: names.blobPrefix + "*", offset: offset)
      let subjects = info.state.subjects ?? [:]
      digests += subjects.keys.compactMap { Digest(hex: String($0.dropFirst(names.blobPrefix.count))) }
      offset += subjects.count
      if subjects.isEmpty || offset >= info.total ?? 0 { return digests.sorted() }
    }
  }

  /// Lets go of the servers.
  public func close() async throws(EngineError) { link.close() }

  private func assemble(_ manifest: BlobManifest) async throws(EngineError) -> [UInt8]? {
    if manifest.chunks.isEmpty { return manifest.content }
    guard (manifest.chunks.count - 1) * BlobManifest.chunkBytes < limits.blobBytes else { return nil }
    var blob: [UInt8] = []
    for digest in manifest.chunks {
      let found = try await requests.find(on: names.chunkPrefix + digest.hex) { chunk in
        Digest(of: chunk, in: BlobManifest.chunkDomain) == digest ? chunk : nil
      }
      guard case .found(let chunk) = found else { return nil }
      blob += chunk
      guard blob.count <= limits.blobBytes else { return nil }
    }
    return blob
  }

  // A few at a time, so that a long blob takes no more memory than that on its way.
  private func each(
    _ indices: Range<Int>, _ body: @escaping @Sendable (Int) async throws(EngineError) -> Void
  ) async throws(EngineError) {
    let failure = await withTaskGroup(of: EngineError?.self) { group in
      var next = indices.lowerBound
      var failure: EngineError?
      func start() {
        guard next < indices.upperBound, failure == nil else { return }
        let index = next
        next += 1
        group.addTask {
          do throws(EngineError) {
            try await body(index)
            return nil
          } catch {
            return error
          }
        }
      }
      for _ in 0..<BlobRequests.threadsCount { start() }
      while let ended = await group.next() {
        failure = failure ?? ended
        start()
      }
      return failure
    }
    if let failure { throw failure }
  }
}
