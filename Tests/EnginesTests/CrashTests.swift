import Engines
import EnginesTestKit
import Foundation
import Ledger
import Numerics
import Testing
import Wire

/// Kills a writer with SIGKILL again and again, and checks what it leaves.
///
/// `TRIBUTARY_CRASH_ROUNDS` and `TRIBUTARY_CRASH_SEED` make the test longer and vary it.
@Suite(.timeLimit(.minutes(10)), .serialized)
struct CrashTests {
  private static let rounds = setting("TRIBUTARY_CRASH_ROUNDS") ?? 20
  private static let seed = setting("TRIBUTARY_CRASH_SEED") ?? 1

  private let workload: CrashWorkload

  init() throws {
    workload = try CrashWorkload()
  }

  private static func setting(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  /// What the killed writers have acknowledged.
  private struct Acknowledged {
    var steps = 0
    var blobs = 0
    var firstPositions: [UInt64] = []
  }

  @Test func nothingAcknowledgedIsLostAndNothingIsDoubled() async throws {
    let folder = try TemporaryFolder()
    var random = SeededRandom(seed: UInt64(Self.seed))
    var acknowledged = Acknowledged()
    for round in 0..<Self.rounds {
      let circumstance = "seed \(Self.seed), round \(round)"
      // The last acknowledged step is sent again at times, as by a client that did not hear the answer.
      let firstStep = max(0, acknowledged.steps - random.integer(below: 2))
      try runAndKill(folder, firstStep: firstStep, &acknowledged, &random, circumstance)
      // Every other time, the next writer is the first one to recover what this one left.
      if random.integer(below: 2) == 0 { try await check(folder, acknowledged, circumstance) }
    }
    try await check(folder, acknowledged, "seed \(Self.seed), the end")
    #expect(acknowledged.steps >= Self.rounds, "the writers made progress")
  }

  private func runAndKill(
    _ folder: TemporaryFolder, firstStep: Int, _ acknowledged: inout Acknowledged,
    _ random: inout SeededRandom, _ circumstance: String
  ) throws {
    let writer = try CrashWriterProcess(folder: folder.path, firstStep: firstStep)
    for _ in 0...random.integer(below: 12) { note(try writer.next(), in: &acknowledged, circumstance) }
    // The writer goes on meanwhile, so that the signal meets it in different places.
    for _ in 0..<random.integer(below: 400) { _ = Digest(of: [1], in: .blob) }
    #expect(writer.kill() == SIGKILL, "the writer ran until it was killed: \(circumstance)")
    while let acknowledgement = try writer.next() { note(acknowledgement, in: &acknowledged, circumstance) }
  }

  private func note(
    _ acknowledgement: CrashAcknowledgement?, in acknowledged: inout Acknowledged, _ circumstance: String
  ) {
    switch acknowledgement {
    case .blob(let step):
      #expect(step <= acknowledged.steps, "\(circumstance)")
      acknowledged.blobs = max(acknowledged.blobs, step + 1)
    case .batch(let step, let first) where step < acknowledged.steps:
      #expect(acknowledged.firstPositions[step] == first, "a known batch keeps its place: \(circumstance)")
    case .batch(let step, let first):
      #expect(step == acknowledged.steps, "\(circumstance)")
      acknowledged.steps = step + 1
      acknowledged.firstPositions.append(first)
    case nil:
      Issue.record("the writer ended by itself: \(circumstance)")
    }
  }

  /// The log must hold exactly the acknowledged batches, each once and whole, and then at most the one that
  /// was under way: the same head as that of a log in memory.
  private func check(
    _ folder: TemporaryFolder, _ acknowledged: Acknowledged, _ circumstance: String
  ) async throws {
    let log = try await SQLiteLog.open(
      CrashWorkload.logPath(in: folder.path), network: workload.genesis.network)
    let oracle = InMemoryLog(network: workload.genesis.network)
    for step in 0..<acknowledged.steps {
      let positions = try await oracle.append(workload.batch(step: step))
      #expect(positions[0].index == acknowledged.firstPositions[step], "step \(step), \(circumstance)")
    }
    let head = try await log.head()
    if try await oracle.head().length < head.length {
      _ = try await oracle.append(workload.batch(step: acknowledged.steps))
    }
    #expect(try await oracle.head() == head, "\(circumstance)")
    let records = try await LogConformance.readAll(log)
    #expect(try await records == LogConformance.readAll(oracle), "\(circumstance)")
    checkReplica(records, head, circumstance)
    try await log.close()
    try await checkBlobs(folder, acknowledged, circumstance)
  }

  /// A replica that starts again from what is left must reach the root of one that saw every transaction
  /// once, in order, and was never stopped.
  private func checkReplica(_ records: [LogRecord], _ head: LogHead, _ circumstance: String) {
    var restarted = Replica(workload.genesis)
    for record in records {
      #expect(restarted.apply(record.bytes, id: record.id).isEmpty, "nothing is refused: \(circumstance)")
    }
    #expect(restarted.chain.digest == head.chain && restarted.conservesUnits, "\(circumstance)")
    var undisturbed = Replica(workload.genesis)
    var step = 0
    while undisturbed.chain.length < head.length {
      for append in workload.batch(step: step) { _ = undisturbed.apply(append.bytes, id: append.id) }
      step += 1
    }
    #expect(restarted.accounts.tree.root == undisturbed.accounts.tree.root, "\(circumstance)")
  }

  private func checkBlobs(
    _ folder: TemporaryFolder, _ acknowledged: Acknowledged, _ circumstance: String
  ) async throws {
    let blobs = try await FileBlobStore.open(CrashWorkload.blobsPath(in: folder.path))
    var expected = Set<Digest>()
    for step in 0..<acknowledged.blobs {
      let bytes = workload.blob(step: step)
      let digest = Digest(of: bytes, in: blobs.domain)
      #expect(try await blobs.get(digest) == bytes, "blob \(step), \(circumstance)")
      expected.insert(digest)
    }
    let underWay = Digest(of: workload.blob(step: acknowledged.blobs), in: blobs.domain)
    let others = Set(try await blobs.digests()).subtracting(expected)
    #expect(others.subtracting([underWay]).isEmpty, "\(circumstance)")
    for digest in others { _ = try await blobs.get(digest) }
    let partial = FileManager.default.enumerator(atPath: CrashWorkload.blobsPath(in: folder.path))?
      .compactMap { $0 as? String }.filter { $0.hasSuffix(AtomicFile.partialSuffix) }
    #expect(partial == [], "opening removes what a crash left half written: \(circumstance)")
    await blobs.close()
  }

  @Test func anotherProcessCannotOpenTheStoresForWriting() async throws {
    let folder = try TemporaryFolder()
    let writer = try CrashWriterProcess(folder: folder.path, firstStep: 0)
    _ = try writer.next()
    _ = try writer.next()
    await expectFailure(.inUse, naming: "log.sqlite") {
      try await SQLiteLog.open(
        CrashWorkload.logPath(in: folder.path), network: workload.genesis.network)
    }
    await expectFailure(.notAtRest, naming: "log.sqlite-wal") {
      try await SQLiteLog.open(
        CrashWorkload.logPath(in: folder.path), network: workload.genesis.network, access: .readOnly)
    }
    for access in [StoreAccess.readWrite, .readOnly] {
      await expectFailure(.inUse, naming: "blobs") {
        try await FileBlobStore.open(CrashWorkload.blobsPath(in: folder.path), access: access)
      }
    }
    #expect(writer.kill() == SIGKILL)
  }
}
