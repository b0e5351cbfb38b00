import Aggregation
import Numerics
import Testing
import Updates
import Wire

struct MergePolicyTests {
  private static let odd = MergePolicy(
    rule: .mean, windowSize: 8_192, maximumStaleness: 0, updatesPerContributorPerWindow: 64,
    serverLearningRateQ16: 4 << 16, upForm: .dense4, downForm: .sparse(keptPerChunk: 4_096),
    residualDecayQ16: 0,
    clipMultipleQ8: 64, copyCosineQ16: 1 << 16, toleratedBasisPoints: 4_999, committeeSeats: 1_024)

  @Test(arguments: [MergePolicy(), odd])
  func roundTrip(_ policy: MergePolicy) throws {
    let decoded = try MergePolicy(wireBytes: policy.wireBytes, limit: AggregationLimits.policyBytes)
    #expect(decoded == policy)
    #expect(try policy.validated() == policy)
  }

  @Test(arguments: [MergePolicy(), odd])
  func everyMutationIsRefusedOrCanonical(_ policy: MergePolicy) {
    let bytes = policy.wireBytes
    for index in bytes.indices {
      for value in UInt8.min...UInt8.max where value != bytes[index] {
        var mutated = bytes
        mutated[index] = value
        guard let decoded = try? MergePolicy(wireBytes: mutated, limit: 1_000) else { continue }
        #expect(decoded.wireBytes == mutated, "byte \(index) as \(value)")
      }
    }
    for count in bytes.indices {
      guard let decoded = try? MergePolicy(wireBytes: Array(bytes[..<count]), limit: 1_000) else { continue }
      #expect(decoded.wireBytes == Array(bytes[..<count]), "cut to \(count)")
    }
  }

  @Test func eachFieldOutOfRangeIsRefusedByName() {
    let cases: [(String, (inout MergePolicy) -> Void)] = [
      ("windowSize", { $0.windowSize = 0 }),
      ("windowSize", { $0.windowSize = 8_193 }),
      ("maximumStaleness", { $0.maximumStaleness = 65 }),
      ("updatesPerContributorPerWindow", { $0.updatesPerContributorPerWindow = 0 }),
      ("updatesPerContributorPerWindow", { $0.updatesPerContributorPerWindow = 65 }),
      ("serverLearningRateQ16", { $0.serverLearningRateQ16 = 0 }),
      ("serverLearningRateQ16", { $0.serverLearningRateQ16 = 4 << 16 + 1 }),
      ("upForm", { $0.upForm = .sparse(keptPerChunk: 0) }),
      ("upForm", { $0.upForm = .rotated(signsPerChunk: 63) }),
      ("downForm", { $0.downForm = .sparse(keptPerChunk: 4_097) }),
      ("downForm", { $0.downForm = .rotated(signsPerChunk: 4_096) }),
      ("residualDecayQ16", { $0.residualDecayQ16 = 1 << 16 + 1 }),
      ("clipMultipleQ8", { $0.clipMultipleQ8 = 63 }),
      ("copyCosineQ16", { $0.copyCosineQ16 = 1 << 15 - 1 }),
      ("copyCosineQ16", { $0.copyCosineQ16 = 1 << 16 + 1 }),
      ("toleratedBasisPoints", { $0.toleratedBasisPoints = 5_000 }),
      ("committeeSeats", { $0.committeeSeats = 1_025 }),
    ]
    for (name, change) in cases {
      var policy = MergePolicy()
      change(&policy)
      let error = #expect(throws: AggregationError.self) { try policy.validated() }
      if case .invalidPolicy(let field, _, _) = error {
        #expect(field == name)
      } else {
        Issue.record("\(name): \(String(describing: error))")
      }
      #expect(throws: WireError.self) { try MergePolicy(wireBytes: policy.wireBytes, limit: 1_000) }
    }
  }
}
