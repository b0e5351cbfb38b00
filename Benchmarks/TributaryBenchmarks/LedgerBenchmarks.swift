import Agents
import Ledger
import Wire

/// Transactions a second on one core, as the network grows: every contributor has a commitment open.
enum LedgerBenchmarks {
  private static let contributorCounts = [100, 1_000, 10_000]
  private static let sampleCount = 400
  private static let windowCount = 4
  private static let runs = 5

  static func run() throws -> Report {
    var report = Report(name: "ledger")
    for count in contributorCounts {
      let driver = try LedgerDriver(contributorCount: count, strangerCount: sampleCount)
      let size = "\(count) contributors"
      try windows(driver, size, &report)
      let registrations = try driver.records { driver in
        for number in count..<count + sampleCount { try driver.register(number) }
      }
      add("registrations, checked before, \(size)", registrations, driver, &report)
      let commitments = try driver.records { driver in
        for number in 0..<sampleCount { try driver.commit(number % count) }
      }
      add("commitments, checked before, \(size)", commitments, driver, &report)
      admissions(commitments, driver, size, &report)
    }
    return report
  }

  /// Whole windows: commitments, submissions, seeds, assessments and attestations.
  private static func windows(_ driver: LedgerDriver, _ size: String, _ report: inout Report) throws {
    let records = try driver.records { driver in
      for _ in 0..<windowCount { try driver.window() }
    }
    let (before, timed) = halves(of: records)
    let signed = timed.compactMap { $0.envelope.map { (id: $0.id, bytes: $0.wireBytes) } }
    let seconds = Stopwatch.medianSeconds(runs: runs) {
      replica(of: driver, after: before)
    } _: { replica in
      for record in signed { Stopwatch.keep(replica.apply(record.bytes, id: record.id).count) }
    }
    report.add("windows, \(size)", Double(timed.count) / seconds, unit: "transactions/s", bound: signatures)
    add("windows, checked before, \(size)", records, driver, &report)
  }

  private static func add(
    _ name: String, _ records: [Replica.CheckedRecord], _ driver: LedgerDriver, _ report: inout Report
  ) {
    let (before, timed) = halves(of: records)
    let seconds = Stopwatch.medianSeconds(runs: runs) {
      replica(of: driver, after: before)
    } _: { replica in
      for record in timed { Stopwatch.keep(replica.apply(record).count) }
    }
    report.add(name, Double(timed.count) / seconds, unit: "transactions/s")
  }

  /// The first half is applied out of time, so that no copying of a shared replica is measured.
  private static func halves(
    of records: [Replica.CheckedRecord]
  ) -> (before: ArraySlice<Replica.CheckedRecord>, timed: ArraySlice<Replica.CheckedRecord>) {
    (records.prefix(records.count / 2), records.dropFirst(records.count / 2))
  }

  private static func replica(
    of driver: LedgerDriver, after records: ArraySlice<Replica.CheckedRecord>
  ) -> Replica {
    var replica = driver.replica
    for record in records { Stopwatch.keep(replica.apply(record).count) }
    return replica
  }

  /// Requests that a gateway lets through, each with its signature checked.
  private static func admissions(
    _ commitments: [Replica.CheckedRecord], _ driver: LedgerDriver, _ size: String, _ report: inout Report
  ) {
    let gateway = driver.gateway
    let requests = commitments.compactMap { $0.envelope?.wireBytes }
    let seconds = Stopwatch.medianSeconds(runs: runs) {
      var gateway = gateway
      for (number, bytes) in requests.enumerated() {
        Stopwatch.keep(gateway.handle(.request(number, .order(bytes), seconds: 0)).count)
      }
    }
    report.add(
      "gateway, \(size)", Double(requests.count) / seconds, unit: "requests/s", bound: signatures)
  }

  private static let signatures: Report.Mark = ("Ed25519", Machine.verificationsPerSecond)
}
