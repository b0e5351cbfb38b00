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
  targets: [
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "Wire", dependencies: ["CSodium"], swiftSettings: strict),
    .target(name: "Numerics", dependencies: ["COpenBLAS"], swiftSettings: strict),
    .testTarget(name: "NumericsTests", dependencies: ["Numerics"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
