public import Engines
import Numerics
import Wire

/// How the conformance suite makes blob stores.
public struct BlobHarness: Sendable {
  /// The limits of the stores to make: small, so that the suite can reach them.
  public static let limits: EngineLimits = {
    var limits = EngineLimits()
    limits.blobBytes = 64 << 10
    return limits
  }()

  let open: @Sendable () async throws -> any BlobStore
  let reopen: (@Sendable (any BlobStore) async throws -> any BlobStore)?

  /// Creates a harness.
  ///
  /// - Parameters:
  ///   - open: makes an empty store with `limits`.
  ///   - reopen: closes a store and opens it again; nil for stores that forget everything.
  public init(
    open: @escaping @Sendable () async throws -> any BlobStore,
    reopen: (@Sendable (any BlobStore) async throws -> any BlobStore)?
  ) {
    self.open = open
    self.reopen = reopen
  }
}

/// One rule that every blob store keeps.
public struct BlobCheck: Sendable, CustomStringConvertible {
  /// The rule.
  public let description: String
  private let body: @Sendable (BlobHarness) async throws -> Void

  init(_ description: String, _ body: @escaping @Sendable (BlobHarness) async throws -> Void) {
    self.description = description
    self.body = body
  }

  /// Checks a store.
  ///
  /// - Throws: `ConformanceFailure` if the rule is broken, or the `EngineError` that the store threw unasked.
  public func run(_ harness: BlobHarness) async throws { try await body(harness) }
}

/// The rules that every blob store keeps.
public enum BlobConformance {
  static func sample(_ number: Int, byteCount: Int) -> [UInt8] {
    var random = SeededRandom(seed: UInt64(number), stream: 5)
    return (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// All rules.
  public static let checks: [BlobCheck] = [
    BlobCheck("an empty store has no blobs and says that one is missing") { harness in
      let store = try await harness.open()
      let digest = Digest(of: [1], in: store.domain)
      try require(try await store.digests().isEmpty, "there are no digests")
      try require(try await !store.contains(digest), "the blob is not there")
      try await LogConformance.requireFailure(.missing, { try await store.get(digest) }, when: "for no blob")
      try await store.close()
    },
    BlobCheck("blobs of all lengths come back, each under the digest of its bytes, listed in order") {
      harness in
      let store = try await harness.open()
      var digests: Set<Digest> = []
      for (number, byteCount) in [0, 1, 100, 4_096, BlobHarness.limits.blobBytes].enumerated() {
        let bytes = sample(number, byteCount: byteCount)
        let digest = try await store.put(bytes)
        try requireEqual(digest, Digest(of: bytes, in: store.domain), "the digest of \(byteCount) bytes")
        try requireEqual(try await store.get(digest), bytes, "the \(byteCount) bytes")
        try require(try await store.contains(digest), "the blob of \(byteCount) bytes is there")
        digests.insert(digest)
      }
      try requireEqual(try await store.digests(), digests.sorted(), "the digests")
      try await store.close()
    },
    BlobCheck("keeping a blob again changes nothing") { harness in
      let store = try await harness.open()
      let first = try await store.put([1, 2, 3])
      try requireEqual(try await store.put([1, 2, 3]), first, "the digest")
      try requireEqual(try await store.digests(), [first], "the digests")
      try await store.close()
    },
    BlobCheck("a blob over the limit is refused and not kept") { harness in
      let store = try await harness.open()
      let bytes = sample(0, byteCount: BlobHarness.limits.blobBytes + 1)
      try await LogConformance.requireFailure(
        .limitExceeded, { try await store.put(bytes) }, when: "beyond the limit")
      try require(try await store.digests().isEmpty, "there are no digests")
      try await store.close()
    },
    BlobCheck("many tasks keep the same and different blobs at once") { harness in
      let store = try await harness.open()
      let digests = try await withThrowingTaskGroup(of: [Digest].self) { group in
        for writer in 0..<6 {
          group.addTask {
            var digests: [Digest] = []
            for round in 0..<4 {
              digests.append(try await store.put(sample(round, byteCount: 50)))
              digests.append(try await store.put(sample(100 + writer * 10 + round, byteCount: 50)))
            }
            return digests
          }
        }
        return try await group.reduce(into: Set<Digest>()) { $0.formUnion($1) }
      }
      try requireEqual(digests.count, 4 + 24, "the number of different blobs")
      try requireEqual(try await store.digests(), digests.sorted(), "the digests")
      try await store.close()
    },
    BlobCheck("a store that is opened again holds the same blobs") { harness in
      guard let reopen = harness.reopen else { return }
      var store = try await harness.open()
      let digest = try await store.put([4, 5])
      store = try await reopen(store)
      try requireEqual(try await store.get(digest), [4, 5], "the blob")
      try requireEqual(try await store.digests(), [digest], "the digests")
      try await store.close()
    },
    BlobCheck("a closed store refuses everything, and closing it again does nothing") { harness in
      let store = try await harness.open()
      let digest = try await store.put([6])
      try await store.close()
      try await store.close()
      try await LogConformance.requireFailure(
        .closed, { try await store.put([7]) }, when: "keeping after closing")
      try await LogConformance.requireFailure(
        .closed, { try await store.get(digest) }, when: "reading after closing")
      try await LogConformance.requireFailure(
        .closed, { try await store.digests() }, when: "listing after closing")
    },
  ]
}
