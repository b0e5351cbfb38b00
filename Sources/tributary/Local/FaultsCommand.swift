import Foundation
import Simulation

/// `tributary simulate --faults`: networks in which everything fails that can, a seed each, until an
/// invariant does not hold.
enum FaultsCommand {
  static let option = "--faults"

  static let options: [CommandSpecification.Option] = [
    .init(
      name: option, value: nil,
      help: "no scenario: crashes, partitions, torn disks and liars, drawn by seeds",
      replacesOperands: true),
    .init(name: "--seeds", value: "A-B", help: "of faults, all seeds from A to B (1-100)"),
  ]

  /// What a failure looks like to scripts.
  private struct Failed: Encodable {
    let seed: UInt64
    let invariant: String
    let finding: String
    let reproduce: String
    let smallestPlan: String
    let smallestFinding: String
  }

  /// What the seeds came to, to scripts.
  private struct Passed: Encodable {
    let seeds: Int
    let events: Int
    let records: Int
    let versions: UInt64
    let crashes: Int
    let encounters: [String: Int]
  }

  static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let seeds = try seeds(arguments)
    let bar = ProgressBar(title: "faults", total: seeds.count)
    return try await Interruptible.run {
      var outcomes: [FaultRunner.Outcome] = []
      do {
        try await withThrowingTaskGroup(of: FaultRunner.Outcome.self) { group in
          var rest = seeds[...]
          for seed in rest.prefix(ProcessInfo.processInfo.activeProcessorCount) {
            group.addTask { try await FaultRunner().run(seed: seed) }
          }
          rest = rest.dropFirst(ProcessInfo.processInfo.activeProcessorCount)
          for try await outcome in group {
            outcomes.append(outcome)
            bar.show(outcomes.count, "seed \(outcome.seed) passed, \(outcome.events) events")
            if let seed = rest.popFirst() { group.addTask { try await FaultRunner().run(seed: seed) } }
          }
        }
      } catch let failure as FaultFailure {
        try show(failure, smallest: try await FaultRunner().shrink(failure), isJSON: arguments.has("--json"))
        return .failure
      }
      try show(outcomes, isJSON: arguments.has("--json"))
      return .success
    }
  }

  private static func seeds(_ arguments: CommandLineArguments) throws -> [UInt64] {
    let command = SimulateCommand.specification
    if let seed: UInt64 = try arguments.number("--seed", in: 0...UInt64.max, command: command) {
      return [seed]
    }
    let text = arguments.text("--seeds") ?? "1-100"
    let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
    guard bounds.count == 2, let first = bounds[0], let last = bounds[1], first <= last,
      last - first < seedsLimit
    else {
      throw UsageError(
        "--seeds takes two numbers such as 1-100, at most \(seedsLimit) seeds, not '\(text)'",
        command: command.name)
    }
    return Array(first...last)
  }

  private static let seedsLimit: UInt64 = 1_000_000

  private static func show(_ outcomes: [FaultRunner.Outcome], isJSON: Bool) throws {
    let passed = Passed(
      seeds: outcomes.count, events: outcomes.reduce(0) { $0 + $1.events },
      records: outcomes.reduce(0) { $0 + $1.records }, versions: outcomes.reduce(0) { $0 + $1.versions },
      crashes: outcomes.reduce(0) { $0 + $1.crashes },
      encounters: Dictionary(
        uniqueKeysWithValues: Encounter.allCases.map { encounter in
          (encounter.rawValue, outcomes.reduce(0) { $0 + ($1.encounters[encounter] ?? 0) })
        }))
    if isJSON { return print(try JSONText.of([passed])) }
    print(
      "\(passed.seeds) seeds passed: \(passed.events) events, \(passed.crashes) crashes, "
        + "\(passed.records) records, \(passed.versions) versions")
    for encounter in Encounter.allCases {
      print("  \(encounter.rawValue): \(passed.encounters[encounter.rawValue] ?? 0)")
    }
  }

  private static func show(_ failure: FaultFailure, smallest: FaultFailure, isJSON: Bool) throws {
    let reproduce = "tributary simulate --faults --seed \(failure.plan.seed)"
    if isJSON {
      let failed = Failed(
        seed: failure.plan.seed, invariant: failure.invariant.rawValue, finding: failure.description,
        reproduce: reproduce, smallestPlan: smallest.plan.description,
        smallestFinding: smallest.description)
      return print(try JSONText.of([failed]))
    }
    print(
      """
      \(failure)
      reproduce: \(reproduce)

      The smallest plan found that fails so:
      \(smallest.plan)
      \(smallest)
      """)
  }
}
