import Engines
import Numerics

// Restarts and many writers.
extension LogConformance {
  static let storage: [LogCheck] = [
    LogCheck("a log that is opened again holds the same records, knows their ids, and goes on") { harness in
      var log = try await harness.open()
      _ = try await log.append((0..<10).map { sample($0, byteCount: $0 * 500) })
      let head = try await log.head()
      let records = try await readAll(log)
      log = try await harness.reopen(log)
      try requireEqual(try await log.head(), head, "the head")
      try requireEqual(try await readAll(log), records, "the records")
      let placed = try await log.append([sample(9), sample(10), sample(0)])
      try requireEqual(placed.map(\.index), [9, 10, 0], "the positions of known and new ids")
      log = try await harness.reopen(log)
      try requireChain(try await readAll(log), endsIn: try await log.head())
      try requireEqual(try await log.head().length, 11, "the length")
      try await log.close()
    },
    LogCheck("an empty log that is opened again is empty") { harness in
      let log = try await harness.reopen(try await harness.open())
      try requireEqual(try await log.head().length, 0, "the length")
      try await log.close()
    },
    LogCheck("many tasks append at once, and each record is there once at the position that was returned") {
      harness in
      let log = try await harness.open()
      // Every writer appends records of its own, and some that all of them append.
      let placed = try await withThrowingTaskGroup(of: [(LogAppend, LogPosition)].self) { group in
        for writer in 0..<8 {
          group.addTask {
            var random = SeededRandom(seed: 11, stream: UInt64(writer))
            var result: [(LogAppend, LogPosition)] = []
            for round in 0..<10 {
              var batch = [sample(1_000 + writer * 100 + round), sample(round)]
              random.shuffle(&batch)
              result += zip(batch, try await log.append(batch))
            }
            return result
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      let records = try await readAll(log)
      try requireEqual(records.count, 8 * 10 + 10, "the number of records")
      for (append, position) in placed {
        try requireEqual(records[Int(position.index)].id, append.id, "the id at \(position.index)")
      }
      try requireEqual(Set(records.map(\.id)).count, records.count, "the number of ids")
      try requireChain(records, endsIn: try await log.head())
      try await log.close()
    },
    LogCheck("a closed log refuses everything, and closing it again does nothing") { harness in
      let log = try await harness.open()
      _ = try await log.append([sample(0)])
      try await log.close()
      try await log.close()
      try await requireFailure(
        .closed, { try await log.append([sample(1)]) }, when: "appending after closing")
      try await requireFailure(
        .closed, { try await log.read(from: .start, limit: 1) }, when: "reading after closing")
      try await requireFailure(.closed, { try await log.head() }, when: "asking for the head after closing")
      try await requireFailure(
        .closed, { try await log.waitForHead(beyond: 0) }, when: "waiting after closing")
    },
  ]
}
