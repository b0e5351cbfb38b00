// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// The modules from the top of ARCHITECTURE.md's map to its bottom. Arrows point down this list only;
// Tests/TidyTests checks the imports as well.
let package = Package(
  name: "tributary",
  products: [
    .executable(name: "tributary", targets: ["tributary"]),
    .executable(name: "tributary-bench", targets: ["TributaryBenchmarks"]),
  ],
  targets: [
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CEvent", pkgConfig: "libevent_openssl", providers: [.apt(["libevent-dev", "libssl-dev"])]),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CNats", pkgConfig: "libnats", providers: [.apt(["libnats-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CIntrinsics"),
    .systemLibrary(name: "CLinux"),
    .target(name: "CDigits", exclude: ["README.md", "digits.bin"]),
    .target(name: "Wire", dependencies: ["CSodium"], swiftSettings: strict),
    .target(name: "JSON5", dependencies: ["Wire"], swiftSettings: strict),
    .target(
      name: "Numerics", dependencies: ["COpenBLAS", "CIntrinsics", "CLinux"], swiftSettings: strict),
    .target(
      name: "Learning", dependencies: ["Numerics", "JSON5", "Wire", "CDigits", "CZlib"], swiftSettings: strict
    ),
    .target(name: "Updates", dependencies: ["Numerics", "Wire"], swiftSettings: strict),
    .target(
      name: "Aggregation", dependencies: ["Updates", "Learning", "Numerics", "Wire"], swiftSettings: strict),
    .target(
      name: "Attribution", dependencies: ["Aggregation", "Updates", "Learning", "Numerics", "Wire"],
      swiftSettings: strict),
    .target(
      name: "Ledger", dependencies: ["Aggregation", "Attribution", "Updates", "Numerics", "Wire"],
      swiftSettings: strict),
    .target(name: "Engines", dependencies: ["Wire", "CNats", "CSQLite"], swiftSettings: strict),
    .target(
      name: "Trainers", dependencies: ["Learning", "Numerics", "JSON5", "CLinux"], swiftSettings: strict),
    .target(name: "HTTP", dependencies: ["CCurl", "CEvent"], swiftSettings: strict),
    .target(
      name: "Agents",
      dependencies: [
        "Engines", "Ledger", "Attribution", "Aggregation", "Updates", "Learning", "Numerics", "Wire",
      ],
      swiftSettings: strict),
    .target(
      name: "Door",
      dependencies: ["Agents", "Aggregation", "Engines", "HTTP", "Ledger", "Updates", "Wire"],
      swiftSettings: strict),
    .target(
      name: "Settings",
      dependencies: [
        "Agents", "Trainers", "Engines", "Ledger", "Aggregation", "Updates", "Learning", "Numerics", "JSON5",
        "Wire",
      ],
      swiftSettings: strict),
    .target(
      name: "Services",
      dependencies: [
        "Door", "Agents", "HTTP", "Engines", "Ledger", "Attribution", "Aggregation", "Updates", "Learning",
        "Numerics", "Wire",
      ],
      swiftSettings: strict),
    .target(
      name: "Simulation",
      dependencies: [
        "Settings", "Agents", "Engines", "Ledger", "Attribution", "Aggregation", "Updates", "Learning",
        "Numerics", "JSON5", "Wire",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "tributary",
      dependencies: [
        "Simulation", "Services", "Door", "Settings", "Agents", "Trainers", "Engines", "HTTP", "Ledger",
        "Aggregation", "Updates", "Learning", "Numerics", "JSON5", "Wire",
      ],
      swiftSettings: strict),
    .systemLibrary(name: "CEpoll", path: "Benchmarks/CEpoll"),
    .executableTarget(
      name: "TributaryBenchmarks",
      dependencies: [
        "EnginesTestKit", "Simulation", "Settings", "Door", "Agents", "Trainers", "Engines", "HTTP",
        "Ledger", "Attribution", "Aggregation", "Updates", "Learning", "Numerics", "JSON5", "Wire", "CEpoll",
        "COpenBLAS",
      ],
      path: "Benchmarks/TributaryBenchmarks", swiftSettings: strict),
    // Encodings of every message, for the mutation test, the fuzzer and the tests against Python's protobuf.
    .target(
      name: "WireSamples",
      dependencies: [
        "Agents", "Aggregation", "Attribution", "Engines", "Ledger", "Numerics", "Updates", "Wire",
      ],
      path: "Tests/WireSamples", swiftSettings: strict),
    .executableTarget(
      name: "wire-samples", dependencies: ["WireSamples"], path: "Tests/WireSamplesCommand",
      swiftSettings: strict),
    // Every decoder that meets outside bytes, for the fuzzer and for a test of its seeds.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "WireSamples", "Simulation", "Door", "Settings", "Trainers", "HTTP", "Ledger", "Updates", "Learning",
        "Numerics", "JSON5", "Wire",
      ],
      path: "Tests/FuzzTargets", swiftSettings: strict),
    .executableTarget(
      name: "fuzz-seeds", dependencies: ["FuzzTargets"], path: "Tests/FuzzSeeds", swiftSettings: strict),
    .testTarget(
      name: "FuzzTargetsTests", dependencies: ["FuzzTargets", "Numerics"], resources: [.copy("Corpora")],
      swiftSettings: strict),
    .testTarget(name: "JSON5Tests", dependencies: ["JSON5"], swiftSettings: strict),
    .testTarget(
      name: "SettingsTests",
      dependencies: [
        "Settings", "Trainers", "Ledger", "Aggregation", "Updates", "Learning", "Numerics", "JSON5",
      ],
      swiftSettings: strict),
    .testTarget(name: "WireTests", dependencies: ["Wire", "WireSamples"], swiftSettings: strict),
    .testTarget(name: "NumericsTests", dependencies: ["Numerics"], swiftSettings: strict),
    .testTarget(
      name: "LearningTests", dependencies: ["Learning", "Numerics"], resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(name: "UpdatesTests", dependencies: ["Updates", "Numerics", "Wire"], swiftSettings: strict),
    .testTarget(
      name: "AggregationTests", dependencies: ["Aggregation", "Updates", "Learning", "Numerics", "Wire"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "AttributionTests",
      dependencies: ["Attribution", "Aggregation", "Updates", "Learning", "Numerics", "Wire"],
      swiftSettings: strict),
    .target(
      name: "EnginesTestKit", dependencies: ["Engines", "Ledger", "Numerics", "Wire"],
      path: "Tests/EnginesTestKit", swiftSettings: strict),
    .executableTarget(
      name: "CrashWriter", dependencies: ["Engines", "EnginesTestKit", "Ledger", "Wire"],
      path: "Tests/CrashWriter", swiftSettings: strict),
    .testTarget(
      name: "EnginesTests",
      dependencies: ["CrashWriter", "Engines", "EnginesTestKit", "Ledger", "Numerics", "Wire"],
      swiftSettings: strict),
    .executableTarget(
      name: "TrainerHost", dependencies: ["Trainers", "Numerics"], path: "Tests/TrainerHost",
      swiftSettings: strict),
    .testTarget(
      name: "TrainersTests",
      dependencies: [
        "EnginesTestKit", "TrainerHost", "Trainers", "Learning", "Numerics", "JSON5", "CLinux",
      ],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP"], swiftSettings: strict),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Simulation", "Settings", "Engines", "Aggregation", "Ledger", "Updates", "Learning", "Numerics",
        "JSON5", "Wire",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "LedgerTests",
      dependencies: ["Ledger", "Attribution", "Aggregation", "Updates", "Numerics", "Wire"],
      swiftSettings: strict),
    .target(
      name: "AgentsTestKit",
      dependencies: [
        "Agents", "Engines", "Ledger", "Attribution", "Aggregation", "Updates", "Learning", "Numerics",
        "Wire",
      ],
      path: "Tests/AgentsTestKit", swiftSettings: strict),
    .testTarget(
      name: "AgentsTests",
      dependencies: [
        "AgentsTestKit", "Agents", "Engines", "Ledger", "Attribution", "Aggregation", "Updates", "Learning",
        "Numerics", "Wire",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DoorTests",
      dependencies: [
        "AgentsTestKit", "Door", "Agents", "Engines", "HTTP", "Ledger", "Attribution", "Aggregation",
        "Updates", "Learning", "Numerics", "Wire",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "door-server",
      dependencies: [
        "Agents", "AgentsTestKit", "Aggregation", "Door", "Engines", "Learning", "Ledger", "Wire",
      ],
      path: "Tests/DoorServer", swiftSettings: strict),
    .executableTarget(
      name: "turnover-network",
      dependencies: ["Agents", "AgentsTestKit", "Aggregation", "Engines", "Updates", "Wire"],
      path: "Tests/TurnoverNetwork", swiftSettings: strict),
    .executableTarget(
      name: "LyingValidator",
      dependencies: [
        "Agents", "Aggregation", "Engines", "JSON5", "Learning", "Ledger", "Services", "Settings", "Wire",
      ],
      path: "Tests/LyingValidator", swiftSettings: strict),
    .testTarget(
      name: "ServicesTests",
      dependencies: [
        "AgentsTestKit", "Services", "Door", "Agents", "Engines", "HTTP", "Ledger", "Attribution",
        "Aggregation", "Updates", "Learning", "Numerics", "Wire",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ScenariosTests",
      dependencies: [
        "AgentsTestKit", "Simulation", "Settings", "Agents", "Engines", "Ledger", "Aggregation", "Updates",
        "Learning", "Numerics", "Wire",
      ],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzer links only with libFuzzer's driver, so it exists only where `make fuzz` asks for it.
if Context.environment["TRIBUTARY_FUZZ"] == "1" {
  package.targets.append(
    .executableTarget(
      name: "fuzz-driver", dependencies: ["FuzzTargets"], path: "Tests/FuzzDriver",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])],
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]))
}
