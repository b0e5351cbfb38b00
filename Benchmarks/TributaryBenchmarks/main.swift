import Glibc

/// The suites, by the name that runs one alone. Without a name all run.
let suites: [(name: String, run: @Sendable () async throws -> Report)] = [
  ("machine", { Machine.run() }),
  ("codec", { try CodecBenchmarks.run() }),
  ("merge", { try MergeBenchmarks.run() }),
  ("training", { try await TrainingBenchmarks.run() }),
  ("aggregation", { try AggregationBenchmarks.run() }),
  ("judging", { try JudgingBenchmarks.run() }),
  ("credits", { try await CreditBenchmarks.run() }),
  ("ledger", { try LedgerBenchmarks.run() }),
  ("engines", { try await EngineBenchmarks.run() }),
  ("load", { try await LoadBenchmarks.run() }),
  ("trainer", { try await TrainerBenchmarks.run() }),
  ("demo", { try DemoBenchmarks.run() }),
  ("simulation", { try SimulationBenchmarks.run() }),
  ("stragglers", { try await StragglerBenchmarks.run() }),
]

let arguments = CommandLine.arguments.dropFirst()
do {
  // A suite may start this program again for a part of its work.
  if try JudgingFigures.answer(Array(arguments)) { exit(0) }
  if try await GatewayProcess.answer(Array(arguments)) { exit(0) }
} catch {
  Progress.say("\(arguments.joined(separator: " ")) failed: \(error)")
  exit(1)
}
let wanted = arguments.filter { $0 != "--markdown" }
let printsMarkdown = wanted.count < arguments.count
guard wanted.allSatisfy({ name in suites.contains { $0.name == name } }) else {
  let names = suites.map(\.name).joined(separator: ", ")
  Progress.say("usage: tributary-bench [--markdown] [SUITE...]   suites: \(names)")
  exit(2)
}
do {
  for suite in suites where wanted.isEmpty || wanted.contains(suite.name) {
    let report = try await suite.run()
    print("\(printsMarkdown ? report.markdown : report.table)\n")
    Progress.say("written to \(try report.write(to: "Benchmarks/out"))")
  }
} catch {
  Progress.say("the benchmarks failed: \(error)")
  exit(1)
}
