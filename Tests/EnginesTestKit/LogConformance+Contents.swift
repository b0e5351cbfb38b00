import Engines
import Numerics

// Order, names, batches and pages.
extension LogConformance {
  static let contents: [LogCheck] = [
    LogCheck("an empty log has length 0, no records, and the network's digest as its chain") { harness in
      let log = try await harness.open()
      try requireEqual(try await log.head(), LogHead(length: 0, chain: LogHarness.network), "the head")
      try require(try await log.read(from: .start, limit: 10).isEmpty, "there is nothing to read")
      try require(try await log.append([]).isEmpty, "appending nothing returns no positions")
      try requireEqual(try await log.head().length, 0, "the length after appending nothing")
      try await log.close()
    },
    LogCheck("records keep their order, bytes and ids, and form a chain") { harness in
      let log = try await harness.open()
      let appends = (0..<20).map { sample($0, byteCount: $0 * 7) }
      var placed: [LogPosition] = []
      for start in stride(from: 0, to: 20, by: 5) {
        placed += try await log.append(Array(appends[start..<start + 5]))
      }
      try requireEqual(placed, positions(0..<20), "the positions")
      let records = try await readAll(log)
      try requireEqual(records.map(\.bytes), appends.map(\.bytes), "the records' bytes")
      try requireEqual(records.map(\.id), appends.map(\.id), "the records' ids")
      try requireChain(records, endsIn: try await log.head())
      try await log.close()
    },
    LogCheck("an id is appended once, within a batch, across batches and with other bytes") { harness in
      let log = try await harness.open()
      let changed = LogAppend(id: sample(1).id, bytes: [1, 2, 3])
      let first = try await log.append([sample(0), sample(1), sample(0), changed])
      try requireEqual(first.map(\.index), [0, 1, 0, 1], "positions within a batch")
      let head = try await log.head()
      let again = try await log.append([changed, sample(0)])
      try requireEqual(again.map(\.index), [1, 0], "positions of known ids")
      try requireEqual(try await log.head(), head, "the head after known ids alone")
      let mixed = try await log.append([sample(2), sample(1), sample(3)])
      try requireEqual(mixed.map(\.index), [2, 1, 3], "positions of a mixed batch")
      let bytes = try await readAll(log).map(\.bytes)
      try requireEqual(bytes, (0..<4).map { sample($0).bytes }, "the first bytes of an id stay")
      try await log.close()
    },
    LogCheck("a read returns at most what was asked, at most a page, and goes on without a gap") { harness in
      let log = try await harness.open()
      for start in stride(from: 0, to: 24, by: 8) {
        _ = try await log.append((start..<start + 8).map { sample($0) })
      }
      let page = UInt64(LogHarness.limits.pageRecords)
      for (from, limit, expected) in [
        (UInt64(0), 1, positions(0..<1)), (5, 3, positions(5..<8)), (0, 1_000, positions(0..<page)),
        (22, 1_000, positions(22..<24)), (24, 5, []), (UInt64.max - 1, 5, []), (0, 0, []), (0, -1, []),
      ] {
        let found = try await log.read(from: LogPosition(from), limit: limit).map(\.position)
        try requireEqual(found, expected, "the page from \(from), limit \(limit)")
      }
      try await log.close()
    },
    LogCheck("a page ends after its bytes, and holds a record even so") { harness in
      let log = try await harness.open()
      let limits = LogHarness.limits
      for number in 0..<6 { _ = try await log.append([sample(number, byteCount: limits.recordBytes)]) }
      let page = try await log.read(from: .start, limit: 6)
      try requireEqual(
        page.count, limits.pageBytes / limits.recordBytes, "the number of long records in a page")
      try requireEqual(try await readAll(log).count, 6, "the number of long records in all")
      try await log.close()
    },
    LogCheck("records and batches may reach their limits, and one beyond changes nothing") { harness in
      let log = try await harness.open()
      let limits = LogHarness.limits
      _ = try await log.append((0..<limits.batchRecords).map { sample($0) })
      _ = try await log.append([sample(100, byteCount: limits.recordBytes)])
      let head = try await log.head()
      try await requireFailure(
        .limitExceeded,
        { try await log.append([sample(200), sample(201, byteCount: limits.recordBytes + 1)]) },
        when: "with a record that is too long")
      try await requireFailure(
        .limitExceeded, { try await log.append((300...300 + limits.batchRecords).map { sample($0) }) },
        when: "with too many records")
      let heavy = (0...limits.batchBytes / limits.recordBytes).map {
        sample(400 + $0, byteCount: limits.recordBytes)
      }
      try await requireFailure(.limitExceeded, { try await log.append(heavy) }, when: "with too many bytes")
      try requireEqual(try await log.head(), head, "the head after refused appends")
      try await log.close()
    },
  ]
}
