import Glibc
import Numerics

@testable import Simulation

/// A record such as a demo leaves, made up from a seed.
enum SampleRecord {
  static let hostileReasons = [
    "sign-flip": "unexplained", "scaled": "normTooLarge", "label-flip": "unexplained", "noise": "unexplained",
    "copycat": "nearCopy", "replay": "replay", "free-rider": "empty",
  ]
  /// What the checks measured; a limit of half as much.
  static let measures = [
    "unexplained": 0.02, "normTooLarge": 143.5, "nearCopy": 0.9997, "replay": 0.999, "empty": 0, "stale": 20,
  ]

  static func make(seed: UInt64 = 7, scenario: Scenario = Scenario()) -> DemoRecord {
    var random = SeededRandom(seed: seed)
    var run = RunRecord(name: "tributary")
    run.versions = versions(scenario.windows, limit: 0.943, pace: 9, secondsPerVersion: 6, &random)
    addContributors(to: &run, scenario, &random)
    addMatrices(to: &run, &random)
    run.validators = (0..<scenario.validators.count).map { index in
      RunRecord.Validator(
        name: "a31f09c\(index)", conduct: RunRecord.Validator.honest, stakeUnits: 1_000_000,
        paidUnits: Array(
          repeating: 720_000 / UInt64(scenario.windows * scenario.validators.count),
          count: scenario.windows - 1))
    }
    run.flows = [
      RunRecord.Flow(recipient: "author", units: 240_000), .init(recipient: "validators", units: 720_000),
    ]
    run.flows += run.groups.map { group in
      let units = run.contributors.filter { $0.group == group.name }.reduce(0) { $0 + $1.paidUnits }
      return RunRecord.Flow(recipient: group.name, units: units)
    }
    run.escrowUnits = 1_234
    run.bytesDown = 812_345
    run.denseBytesDown = 48_123_456
    run.logRecords = 5_432
    var clean = RunRecord(name: "no attackers")
    clean.versions = versions(scenario.windows, limit: 0.951, pace: 8, secondsPerVersion: 5.5, &random)
    var averaging = RunRecord(name: "plain averaging")
    averaging.versions = versions(scenario.windows, limit: 0.55, pace: 14, secondsPerVersion: 6, &random)
    return DemoRecord(
      summary: DemoRecord.Summary(
        scenario, title: "A hundred contributors, twenty of them hostile", parameters: 2_410),
      run: run, cleanRun: clean, averagingRun: averaging,
      auditedRoot: String(repeating: "4fa81c03", count: 8), wallSeconds: 41.3)
  }

  private static func versions(
    _ count: Int, limit: Double, pace: Double, secondsPerVersion: Double, _ random: inout SeededRandom
  ) -> [RunRecord.Version] {
    (0...count).map { number in
      let progress = 1 - exp(-Double(number) / pace)
      let accuracy = 0.09 + (limit - 0.09) * progress + 0.01 * random.gaussian() * (1 - progress)
      return RunRecord.Version(
        number: UInt64(number), seconds: Double(number) * secondsPerVersion, loss: 2.3 - 2 * progress,
        accuracy: accuracy, updates: 24, merged: 19, meanStaleness: 1.5, root: "4fa81c03")
    }
  }

  private static func addContributors(
    to run: inout RunRecord, _ scenario: Scenario, _ random: inout SeededRandom
  ) {
    let contributors = scenario.contributors
    let slow = contributors.count / 5
    var counts = [("honest", contributors.count - slow - contributors.hostileCount, true)]
    counts.append(("slow", slow, true))
    for kind in Scenario.Hostility.allCases {
      if let count = contributors.hostile[kind] { counts.append((kind.rawValue, count, false)) }
    }
    for (group, count, isHonest) in counts {
      run.groups.append(RunRecord.Group(name: group, isHonest: isHonest))
      for _ in 0..<count {
        let name = String(random.next() >> 32 | 1 << 31, radix: 16)
        var contributor = RunRecord.Contributor(
          name: name, group: group, isHonest: isHonest, examples: 12, slowness: group == "slow" ? 10 : 1)
        contributor.updates = group == "slow" ? 2 : 12
        let reason = hostileReasons[group] ?? (random.uniform() < 0.1 ? "stale" : nil)
        let rejected = reason == nil ? 0 : isHonest ? 1 : contributor.updates - random.integer(below: 3)
        if let reason { contributor.rejections[reason] = rejected }
        contributor.merged = contributor.updates - rejected
        let merit = isHonest ? 0.002 + 0.001 * random.gaussian() : -0.0004 + 0.0004 * random.gaussian()
        contributor.creditNats = merit * Double(contributor.merged)
        contributor.paidUnits = UInt64(max(0, contributor.creditNats * 2_000_000))
        contributor.bytesUp = contributor.updates * 420
        contributor.denseBytesUp = contributor.updates * 9_640
        run.contributors.append(contributor)
        for window in 0..<rejected {
          let reason = reason ?? ""
          run.rejections.append(
            RunRecord.Rejection(
              window: UInt64(window), contributor: name, group: group, reason: reason,
              measured: measures[reason], limit: measures[reason].map { $0 / 2 }, unit: "units",
              explanation: "The update was found to be \(reason). Change it."))
        }
      }
    }
  }

  private static func addMatrices(to run: inout RunRecord, _ random: inout SeededRandom) {
    for window in UInt64(44)..<48 {
      var senders = run.contributors
      random.shuffle(&senders)
      senders = Array(senders.prefix(24))
      let rows = (0..<4).map { _ in
        senders.map { sender in
          let reason = sender.isHonest ? nil : sender.rejections.keys.first
          return RunRecord.Cell(rejection: reason, trust: reason == nil ? random.uniform() * 0.6 + 0.4 : 0)
        }
      }
      run.matrices.append(
        RunRecord.Matrix(
          window: window, validators: ["a31f09c2", "07bb1d55", "e90c4418", "5d2a77f0"],
          contributors: senders.map(\.name), groups: senders.map(\.group), rows: rows))
    }
  }
}
