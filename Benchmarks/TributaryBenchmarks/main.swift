import Glibc

/// The suites, by the name that runs one alone. Without a name all run.
let suites: [(name: String, run: () throws -> Report)] = [
  ("codec", CodecBenchmarks.run)
]

let wanted = CommandLine.arguments.dropFirst()
let known = suites.map(\.name)
guard wanted.allSatisfy(known.contains) else {
  print("usage: TributaryBenchmarks [SUITE...]   suites: \(known.joined(separator: ", "))")
  exit(2)
}
for suite in suites where wanted.isEmpty || wanted.contains(suite.name) {
  let report = try suite.run()
  print(report.table)
  let path = try report.write(to: "Benchmarks/out")
  print("written to \(path)\n")
}
