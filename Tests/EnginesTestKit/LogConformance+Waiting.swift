import Engines

// Waits and subscriptions.
extension LogConformance {
  static let waiting: [LogCheck] = [
    LogCheck("a wait returns at once for a length that is passed, and otherwise when it is passed") {
      harness in
      let log = try await harness.open()
      _ = try await log.append([sample(0), sample(1)])
      try requireEqual(try await log.waitForHead(beyond: 1).length, 2, "the head beyond a passed length")
      async let later = log.waitForHead(beyond: 4)
      for number in 2..<6 { _ = try await log.append([sample(number)]) }
      try require(try await later.length >= 5, "the awaited head is beyond the length")
      try await log.close()
    },
    LogCheck("a cancelled wait ends with that error, and leaves other waits alone") { harness in
      let log = try await harness.open()
      let kept = Task { try await log.waitForHead(beyond: 0) }
      for _ in 0..<50 {
        let waiting = Task { try await log.waitForHead(beyond: 0) }
        waiting.cancel()
        try await requireFailure(.cancelled, { try await waiting.value }, when: "after cancelling")
      }
      _ = try await log.append([sample(0)])
      try requireEqual(try await kept.value.length, 1, "the head of the wait that was kept")
      try await log.close()
    },
    LogCheck("closing the log ends waits and subscriptions") { harness in
      let log = try await harness.open()
      _ = try await log.append([sample(0)])
      let (seen, report) = AsyncStream.makeStream(of: Void.self)
      let subscriber = Task {
        var count = 0
        for try await _ in log.records(from: .start) {
          count += 1
          report.yield()
        }
        return count
      }
      let waiting = Task { try await log.waitForHead(beyond: 1) }
      for await _ in seen { break }
      try await log.close()
      try requireEqual(try await subscriber.value, 1, "the number of records seen")
      try await requireFailure(.closed, { try await waiting.value }, when: "after closing")
    },
    LogCheck("subscriptions see every record once and in order, while it is appended") { harness in
      let log = try await harness.open()
      _ = try await log.append((0..<5).map { sample($0) })
      let subscribers = [UInt64(0), 3, 12].map { start in
        Task {
          var seen: [LogRecord] = []
          for try await record in log.records(from: LogPosition(start)) {
            seen.append(record)
            if record.position.index == 39 { break }
          }
          return seen
        }
      }
      for number in 5..<40 { _ = try await log.append([sample(number)]) }
      let records = try await readAll(log)
      for (subscriber, start) in zip(subscribers, [0, 3, 12]) {
        try requireEqual(try await subscriber.value, Array(records[start...]), "records from \(start)")
      }
      try await log.close()
    },
    LogCheck("a cancelled subscription ends without an error") { harness in
      let log = try await harness.open()
      _ = try await log.append((0..<5).map { sample($0) })
      let (seen, report) = AsyncStream.makeStream(of: Void.self)
      let subscriber = Task {
        var count = 0
        for try await _ in log.records(from: .start) {
          count += 1
          report.yield()
        }
        return count
      }
      var count = 0
      for await _ in seen {
        count += 1
        if count == 5 { break }
      }
      subscriber.cancel()
      try requireEqual(try await subscriber.value, 5, "the number of records seen")
      try await log.close()
    },
  ]
}
