import Numerics
import Testing
import Updates
import Wire

@testable import Aggregation

struct RecentNormsTests {
  private static func entries(
    _ contributors: Range<Int>, norm: Double, version: UInt64 = 0
  ) -> [RecentNorms.Entry] {
    contributors.map { RecentNorms.Entry(contributor: Support.key($0), norm: norm, version: version) }
  }

  @Test func theMedianIsOverContributorsNotOverUpdates() {
    var norms = RecentNorms()
    #expect(norms.record([]) == nil)
    #expect(norms.record(Self.entries(0..<12, norm: 100)) == 100)
    // Eight who answer four times as often are still eight of twenty.
    for version in UInt64(1)...4 {
      #expect(norms.record(Self.entries(12..<20, norm: 1, version: version)) == 100)
    }
    #expect(norms.entries.count == 20)
    #expect(norms.record([]) == 100)
    // What a contributor sent before counts no more.
    #expect(norms.record(Self.entries(0..<12, norm: 50, version: 5)) == 50)
  }

  @Test func oldNormsAreForgotten() {
    var norms = RecentNorms()
    let last = JudgingThresholds.recentNormVersions
    _ = norms.record(Self.entries(0..<9, norm: 100))
    #expect(norms.record(Self.entries(9..<10, norm: 1, version: last)) == 100)
    #expect(norms.record(Self.entries(9..<10, norm: 1, version: last + 1)) == 1)
    #expect(norms.record(Self.entries(9..<10, norm: 2, version: .max)) == 2)
    #expect(norms.entries.map(\.norm) == [2])
  }

  @Test func onlyTheLatestAreKept() {
    var norms = RecentNorms()
    let limit = JudgingThresholds.recentNorms
    #expect(
      norms.record(Self.entries(0..<limit, norm: 7) + Self.entries(limit..<limit + 9, norm: 8)) == 7)
    #expect(norms.entries.count == limit)
    #expect(norms.entries.first?.contributor == Support.key(9) && norms.entries.last?.norm == 8)
  }

  @Test(arguments: [UInt64(1), 2, 3]) func aWindowFullOfFreeRidersDoesNotShutOutTheOthers(_ seed: UInt64)
    throws
  {
    var random = SeededRandom(seed: seed)
    var judge = Judge()
    var before = Support.Window()
    try before.addHonest(0..<20)
    #expect(judge.judge(try before.input()).allSatisfy(\.isAdmitted))
    var window = Support.Window()
    try window.addHonest(100..<104)
    for contributor in 50..<60 {
      let context = AttackContext(honestDelta: window.honest(contributor))
      let idle = FreeRiderAttack(relativeNoise: 0.002).delta(context, using: &random)
      try window.add(idle, contributor: contributor)
    }
    var newcomer = Judge()
    let alone = newcomer.judge(try window.input(seed: 1))
    #expect(alone[..<4].allSatisfy { $0.reason == .normTooLarge }, "the window's own median would be theirs")
    let judgements = judge.judge(try window.input(seed: 1))
    #expect(judgements[..<4].allSatisfy { $0.isAdmitted && $0.clip == MergeWeight.one }, "seed \(seed)")
  }

  @Test func aNormThatIsNoneIsRefused() throws {
    for norm in [0.0, -1, .nan, .infinity] {
      let bytes = RecentNorms.Entry(contributor: Support.key(1), norm: norm, version: 2).wireBytes
      #expect(throws: WireError.self) { try RecentNorms.Entry(wireBytes: bytes, limit: bytes.count) }
    }
    let bytes = RecentNorms.Entry(contributor: Support.key(1), norm: 0.5, version: 2).wireBytes
    #expect(try RecentNorms.Entry(wireBytes: bytes, limit: bytes.count).norm == 0.5)
  }
}
