import Engines
import Synchronization
import Wire

/// Where a node is killed. From then on nothing that it asks of its engines happens or is answered.
final class Death: Sendable {
  /// Whether the operation that kills still happens.
  enum Moment: Sendable, CaseIterable { case before, after }

  private let isDead = Mutex(false)
  private let deaths: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  init() {
    (deaths, signal) = AsyncStream.makeStream(of: Void.self)
  }

  /// Waits until it has happened.
  func happened() async {
    for await _ in deaths { return }
  }

  func strike() {
    isDead.withLock { $0 = true }
    signal.yield()
  }

  /// Returns at once to the living, and never to the dead.
  func check() async throws(EngineError) {
    guard isDead.withLock({ $0 }) else { return }
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
    throw EngineError(.cancelled, at: "test", problem: "the node was killed", remedy: "start it again")
  }
}

/// A log as one node sees it until it is killed, at the first record that meets a condition.
struct MortalLog: LogEngine {
  let log: any LogEngine
  let death: Death
  var moment = Death.Moment.before
  var kills: @Sendable (LogAppend) -> Bool = { _ in false }

  var limits: EngineLimits { log.limits }

  func append(_ records: [LogAppend]) async throws(EngineError) -> [LogPosition] {
    try await death.check()
    let isFatal = records.contains(where: kills)
    if isFatal, moment == .before { death.strike() }
    try await death.check()
    let positions = try await log.append(records)
    if isFatal { death.strike() }
    try await death.check()
    return positions
  }

  func read(from position: LogPosition, limit: Int) async throws(EngineError) -> [LogRecord] {
    try await death.check()
    return try await log.read(from: position, limit: limit)
  }

  func head() async throws(EngineError) -> LogHead { try await log.head() }

  func waitForHead(beyond length: UInt64) async throws(EngineError) -> LogHead {
    try await log.waitForHead(beyond: length)
  }

  func close() async throws(EngineError) {}
}

/// Blobs as one node sees them until it is killed, at a blob that meets a condition; and blobs that come
/// late.
struct MortalBlobs: BlobStore {
  let blobs: any BlobStore
  let death: Death
  var moment = Death.Moment.before
  var kills: @Sendable ([UInt8]) -> Bool = { _ in false }
  /// Called before each `get`; what it throws is the answer.
  var willGet: @Sendable (Digest) throws(EngineError) -> Void = { _ in }

  var limits: EngineLimits { blobs.limits }
  var domain: HashDomain { blobs.domain }

  func put(_ bytes: [UInt8]) async throws(EngineError) -> Digest {
    try await death.check()
    let isFatal = kills(bytes)
    if isFatal, moment == .before { death.strike() }
    try await death.check()
    let digest = try await blobs.put(bytes)
    if isFatal { death.strike() }
    try await death.check()
    return digest
  }

  func get(_ digest: Digest) async throws(EngineError) -> [UInt8] {
    try await death.check()
    try willGet(digest)
    return try await blobs.get(digest)
  }

  func contains(_ digest: Digest) async throws(EngineError) -> Bool { try await blobs.contains(digest) }
  func digests() async throws(EngineError) -> [Digest] { try await blobs.digests() }
  func close() async throws(EngineError) {}
}
