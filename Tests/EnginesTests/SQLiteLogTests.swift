import Engines
import EnginesTestKit
import Foundation
import Numerics
import Testing
import Wire

private let network = Digest(of: Array("network".utf8), in: HashDomain("test.network"))
private let stranger = Digest.zero

private func append(_ number: Int, byteCount: Int = 40) -> LogAppend {
  var random = SeededRandom(seed: UInt64(number))
  let bytes = (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  return LogAppend(id: Digest(of: bytes, in: HashDomain("test.log")), bytes: bytes)
}

@Suite(.timeLimit(.minutes(10)))
struct SQLiteLogTests {
  private func closedLog(in folder: TemporaryFolder, records: Int) async throws -> [LogRecord] {
    let log = try await SQLiteLog.open(folder("log.sqlite"), network: network)
    _ = try await log.append((0..<records).map { append($0, byteCount: 40 + $0 * 37) })
    let records = try await LogConformance.readAll(log)
    try await log.close()
    return records
  }

  @Test func readingAtRestReturnsAllAndChangesNothing() async throws {
    let folder = try TemporaryFolder()
    let records = try await closedLog(in: folder, records: 30)
    let before = try Data(contentsOf: URL(fileURLWithPath: folder("log.sqlite")))
    let log = try await SQLiteLog.open(folder("log.sqlite"), network: network, access: .readOnly)
    #expect(try await LogConformance.readAll(log) == records)
    await expectFailure(.readOnly, naming: "log.sqlite") { try await log.append([append(99)]) }
    #expect(try folder.names() == ["log.sqlite"])
    try await log.close()
    #expect(try folder.names() == ["log.sqlite"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder("log.sqlite"))) == before)
  }

  @Test(arguments: ["a?b#c%41.sqlite", "ü .sqlite"])
  func readingTakesAnyName(name: String) async throws {
    let folder = try TemporaryFolder()
    let written = try await SQLiteLog.open(folder(name), network: network)
    _ = try await written.append([append(0)])
    try await written.close()
    let log = try await SQLiteLog.open(folder(name), network: network, access: .readOnly)
    #expect(try await log.head().length == 1)
    try await log.close()
    #expect(try folder.names() == [name])
  }

  @Test func closingLeavesWhatWasAcknowledgedAndNothingElse() async throws {
    let folder = try TemporaryFolder()
    var placed: [LogPosition: Digest] = [:]
    for round in 0..<8 {
      let log = try await SQLiteLog.open(folder("log.sqlite"), network: network)
      await withTaskGroup(of: (LogPosition, Digest)?.self) { group in
        for number in 0..<64 {
          if number == 8 * round {
            group.addTask {
              await #expect(throws: Never.self) { try await log.close() }
              return nil
            }
          }
          group.addTask {
            let record = append(100 * round + number)
            do throws(EngineError) {
              return try await log.append([record]).first.map { ($0, record.id) }
            } catch {
              #expect(error.code == .closed, "\(error)")
              return nil
            }
          }
        }
        for await record in group { if let record { placed[record.0] = record.1 } }
      }
      let again = try await SQLiteLog.open(folder("log.sqlite"), network: network)
      let records = try await LogConformance.readAll(again)
      #expect(Dictionary(uniqueKeysWithValues: records.map { ($0.position, $0.id) }) == placed)
      try await again.close()
    }
    #expect(!placed.isEmpty)
  }

  @Test func aLogIsOpenOnce() async throws {
    let folder = try TemporaryFolder()
    let log = try await SQLiteLog.open(folder("log.sqlite"), network: network)
    await expectFailure(.inUse, naming: "log.sqlite") {
      try await SQLiteLog.open(folder("log.sqlite"), network: network)
    }
    _ = try await log.append([append(0)])
    try await log.close()
  }

  @Test func strangersAreRefusedAndLeftAlone() async throws {
    let folder = try TemporaryFolder()
    _ = try await closedLog(in: folder, records: 2)
    for access in [StoreAccess.readWrite, .readOnly] {
      await expectFailure(.otherNetwork, naming: "log.sqlite") {
        try await SQLiteLog.open(folder("log.sqlite"), network: stranger, access: access)
      }
      let text = Data("not a database, but long enough to be looked at as if it were one".utf8)
      try text.write(to: URL(fileURLWithPath: folder("text")))
      await expectFailure(.damaged, naming: "text") {
        try await SQLiteLog.open(folder("text"), network: network, access: access)
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder("text"))) == text)
    }
    await expectFailure(.missing, naming: "none.sqlite") {
      try await SQLiteLog.open(folder("none.sqlite"), network: network, access: .readOnly)
    }
    await expectFailure(.system, naming: "absent/log.sqlite") {
      try await SQLiteLog.open(folder("absent/log.sqlite"), network: network)
    }
    #expect(try folder.names() == ["log.sqlite", "text"])
  }

  // Offsets 60 and 68 of a SQLite header hold the user version and the application's mark
  // (sqlite.org/fileformat2).
  @Test(arguments: [(63, "format 7"), (71, "not a log")])
  func newerAndForeignDatabasesAreRefused(offset: Int, problem: String) async throws {
    let folder = try TemporaryFolder()
    _ = try await closedLog(in: folder, records: 1)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: folder("log.sqlite")))
    bytes[offset] = 7
    try bytes.write(to: URL(fileURLWithPath: folder("log.sqlite")))
    for access in [StoreAccess.readOnly, .readWrite] {
      let error = await expectFailure(.unknownFormat, naming: "log.sqlite") {
        try await SQLiteLog.open(folder("log.sqlite"), network: network, access: access)
      }
      #expect(error?.problem.contains(problem) == true)
    }
  }

  @Test func aDamagedRecordIsNamedByItsPosition() async throws {
    let folder = try TemporaryFolder()
    let records = try await closedLog(in: folder, records: 12)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: folder("log.sqlite")))
    let range = try #require(bytes.range(of: Data(records[7].bytes)))
    bytes[range.lowerBound + 3] ^= 1
    try bytes.write(to: URL(fileURLWithPath: folder("log.sqlite")))
    await expectFailure(.damaged, naming: "record 7") {
      try await SQLiteLog.open(folder("log.sqlite"), network: network)
    }
    let log = try await SQLiteLog.open(folder("log.sqlite"), network: network, verification: .head)
    #expect(try await log.read(from: .start, limit: 7) == Array(records[..<7]))
    await expectFailure(.damaged, naming: "record 7") { try await log.read(from: LogPosition(5), limit: 5) }
    #expect(try await log.read(from: LogPosition(8), limit: 9) == Array(records[8...]))
    try await log.close()
  }

  @Test func flippedBytesAreFoundOrChangeNothing() async throws {
    let folder = try TemporaryFolder()
    let records = try await closedLog(in: folder, records: 14)
    let intact = try Data(contentsOf: URL(fileURLWithPath: folder("log.sqlite")))
    let randomSeed: UInt64 = 3
    var random = SeededRandom(seed: randomSeed)
    let offsets = Array(0..<120) + (0..<400).map { _ in random.integer(below: intact.count) }
    var found = 0
    for offset in offsets {
      var bytes = intact
      bytes[offset] ^= UInt8(1 + random.integer(below: 255))
      try bytes.write(to: URL(fileURLWithPath: folder("flipped.sqlite")))
      do {
        #expect(
          try await readBack(folder("flipped.sqlite"), .full) == records,
          "seed \(randomSeed), byte \(offset): accepted with other records")
      } catch is EngineError {
        found += 1
      }
      // Without the full check, the end of the log may be lost, but nothing in it changed.
      let prefix = (try? await readBack(folder("flipped.sqlite"), .head)) ?? []
      #expect(prefix == Array(records.prefix(prefix.count)), "seed \(randomSeed), byte \(offset)")
    }
    #expect(found > offsets.count / 5, "the seeded bytes meet records")
  }

  private func readBack(_ path: String, _ verification: LogVerification) async throws -> [LogRecord] {
    let log = try await SQLiteLog.open(
      path, network: network, access: .readOnly, verification: verification)
    return try await LogConformance.readAll(log)
  }

  /// A write-ahead log that was cut or damaged anywhere, as by a torn write, leaves whole batches from the
  /// first on.
  @Test func tornWritesLeaveWholeBatches() async throws {
    let folder = try TemporaryFolder()
    let log = try await SQLiteLog.open(folder("log.sqlite"), network: network)
    for batch in 0..<8 { _ = try await log.append((0..<3).map { append(batch * 3 + $0, byteCount: 900) }) }
    let records = try await LogConformance.readAll(log)
    let database = try Data(contentsOf: URL(fileURLWithPath: folder("log.sqlite")))
    let tail = try Data(contentsOf: URL(fileURLWithPath: folder("log.sqlite-wal")))
    try await log.close()
    let randomSeed: UInt64 = 9
    var random = SeededRandom(seed: randomSeed)
    var lengths = Set<Int>()
    for round in 0..<60 {
      var torn = tail
      let offset = round == 0 ? tail.count : random.integer(below: tail.count)
      if round.isMultiple(of: 2) { torn.removeSubrange(offset...) } else { torn[offset] ^= 0x40 }
      try database.write(to: URL(fileURLWithPath: folder("torn.sqlite")))
      try torn.write(to: URL(fileURLWithPath: folder("torn.sqlite-wal")))
      let recovered = try await SQLiteLog.open(folder("torn.sqlite"), network: network)
      let found = try await LogConformance.readAll(recovered)
      #expect(found == Array(records.prefix(found.count)), "seed \(randomSeed), round \(round)")
      #expect(found.count.isMultiple(of: 3), "seed \(randomSeed), round \(round): \(found.count) records")
      lengths.insert(found.count)
      try await recovered.close()
    }
    #expect(lengths.contains(24) && lengths.count > 3, "the torn logs differ: \(lengths.sorted())")
  }
}

@Suite struct LogChainTests {
  // From Python: hashlib.blake2b(data, digest_size=32, person=domain).
  @Test func knownAnswers() {
    var head = LogHead(length: 0, chain: network)
    #expect(head.chain.hex == "06a8c6162447f9d3bda67ce7801647764ac230360d2d12f07691c59a4e2f758b")
    let chains = [
      "fe9e0e1b4c3cfb1e485f97bcb52f9a7ae6f33500ccc420b21ac1a49815b1d56d",
      "a7a437dc671ec89e6e5b7e37e0aaf07710e29fc2ecb94abd91377fbfbdd9eb18",
    ]
    for (index, chain) in chains.enumerated() {
      let id = Digest(bytes: [UInt8](repeating: UInt8(index), count: 32)) ?? .zero
      let (record, next) = LogChain.extend(
        head, with: LogAppend(id: id, bytes: Array("record \(index)".utf8)))
      #expect(record.chain.hex == chain)
      #expect(LogChain.accepts(record, after: head))
      #expect(!LogChain.accepts(record, after: next))
      head = next
    }
  }

  @Test func everyPartOfARecordIsBound() {
    let head = LogHead(length: 4, chain: Digest(of: [1], in: .blob))
    let (record, _) = LogChain.extend(head, with: append(0))
    let other = Digest(of: [2], in: .blob)
    let changed = [
      LogRecord(position: record.position.next, id: record.id, bytes: record.bytes, chain: record.chain),
      LogRecord(position: record.position, id: other, bytes: record.bytes, chain: record.chain),
      LogRecord(position: record.position, id: record.id, bytes: record.bytes + [0], chain: record.chain),
      LogRecord(position: record.position, id: record.id, bytes: record.bytes, chain: other),
    ]
    #expect(changed.allSatisfy { !LogChain.accepts($0, after: head) })
  }

  @Test func aLogInMemoryRestoresOnlyAChain() async throws {
    let log = InMemoryLog(network: network)
    _ = try await log.append((0..<5).map { append($0) })
    let records = try await LogConformance.readAll(log)
    for wrong in [Array(records.dropFirst()), records + [records[4]], [records[1], records[0]]] {
      await expectFailure(.damaged, naming: "record") {
        try InMemoryLog(network: network, restoring: wrong)
      }
    }
    await expectFailure(.damaged) { try InMemoryLog(network: stranger, restoring: records) }
  }
}
