import Numerics
import Testing
import Updates
import Wire

@testable import Aggregation

@Suite("Rules on packets") struct RuleJudgingTests {
  private static let rules = MergePolicy.Rule.allCases.filter { $0 != .trust && $0 != .mean }

  /// Ten honest updates, then three that collude on the opposite of one.
  private func window(_ rule: MergePolicy.Rule, form: PacketForm = .dense8) throws -> Support.Window {
    var window = Support.Window()
    window.policy = MergePolicy(rule: rule, upForm: form, toleratedBasisPoints: 2_500)
    for number in 0..<10 { try window.add(window.honest(number), contributor: number, form: form) }
    for number in 10..<13 {
      var random = SeededRandom(seed: UInt64(number))
      let noise = random.gaussianVector(count: window.parameterCount, deviation: 0.006)
      let hostile = zip(window.honest(3), noise).map { -3 * $0 + $1 }
      try window.add(hostile, contributor: number, form: form)
    }
    return window
  }

  @Test("colluders weigh less than the honest", arguments: rules)
  func colluders(rule: MergePolicy.Rule) throws {
    let judgements = try window(rule).judged()
    let honest = judgements[..<10].reduce(0) { $0 + Double($1.trust) } / 10
    let hostile = judgements[10...].reduce(0) { $0 + Double($1.trust) } / 3
    #expect(judgements.contains { $0.trust == .max })
    #expect(hostile < 0.6 * honest, "\(rule): \(hostile) to \(honest)")
    let rejected = judgements.filter { !$0.isAdmitted }
    #expect(rejected.allSatisfy { $0.reason == .outvoted && $0.measured < $0.limit })
    #expect(judgements.allSatisfy { $0.isAdmitted == ($0.trust > 0) })
    switch rule {
    case .krum: #expect(rejected.count == 12)
    case .multiKrum, .flTrust, .divideAndConquer:
      #expect(judgements[10...].allSatisfy { $0.reason == .outvoted })
    case .mixedKrum: #expect(rejected.count == 3)
    default: break
    }
  }

  @Test("the order in which updates are handed in has no influence", arguments: rules)
  func order(rule: MergePolicy.Rule) throws {
    let window = try window(rule)
    let expected = try window.judged()
    var random = SeededRandom(seed: 12)
    for _ in 0..<5 {
      let order = random.permutation(count: window.candidates.count)
      var judge = Judge()
      let judgements = judge.judge(try window.input(candidates: order.map { window.candidates[$0] }))
      #expect(judgements == order.map { expected[$0] }, "\(rule)")
    }
  }

  // A sketch of 1,024 buckets keeps distances to about 4%.
  @Test("sketches weigh nearly as the vectors do", arguments: [PacketForm.dense8, .sparse(keptPerChunk: 64)])
  func sketches(form: PacketForm) throws {
    for rule in [MergePolicy.Rule.geometricMedian, .centredClipping] {
      let window = try window(rule, form: form)
      let rows = window.candidates.compactMap { candidate -> [Float]? in
        guard case .packet(let packet) = candidate.content else { return nil }
        return packet.payload.denseValues().map(Float.init)
      }
      let gram = Kernels.gram(of: try VectorBatch(rows: rows), threads: 1)
      let exact = try #require(rule.vectorRule(tolerating: 3, seed: 0)).weights(gram)
      let largest = try #require(exact.max())
      for (weight, judgement) in zip(exact, try window.judged()) {
        let trust = Double(judgement.trust) / 65_535
        #expect(abs(trust - weight / largest) < 0.15, "\(rule), \(form)")
      }
    }
  }

  @Test("small windows tolerate fewer, and trust alike what is too little to tell", arguments: rules)
  func small(rule: MergePolicy.Rule) throws {
    var window = Support.Window()
    window.policy.rule = rule
    window.policy.toleratedBasisPoints = 4_999
    #expect(try window.judged().isEmpty)
    for count in 1...6 {
      try window.addHonest((count - 1)..<count)
      let judgements = try window.judged()
      #expect(judgements.count == count)
      #expect(judgements.contains { $0.trust == .max }, "\(rule), \(count)")
    }
  }

  @Test("form, emptiness, duplicates and rate come first", arguments: rules)
  func cheapChecks(rule: MergePolicy.Rule) throws {
    var window = try window(rule)
    try window.add(window.honest(20), contributor: 20, task: Support.digest(9))
    try window.add([Float](repeating: 0, count: window.parameterCount), contributor: 21)
    try window.add(window.honest(2), contributor: 22)
    try window.add(window.honest(23), contributor: 1)
    window.add(.unavailable, contributor: 24)
    let reasons = try window.judged()[13...].map(\.reason)
    #expect(reasons == [.wrongTask, .empty, .duplicate, .rateExceeded, .unavailable])
  }

  @Test("a policy's rules have the names of the rules that they use")
  func names() throws {
    for rule in MergePolicy.Rule.allCases {
      #expect(MergePolicy.Rule(name: rule.name) == rule)
      guard rule != .trust else { continue }
      let named = try AggregationRules.rule(named: rule.name, tolerating: 2, root: [1])
      #expect(named.name == rule.name)
      if let vectorRule = rule.vectorRule(tolerating: 2, seed: 1) {
        #expect(vectorRule.name == rule.name && vectorRule.minimumCount == named.minimumCount)
      }
    }
    #expect(MergePolicy.Rule(name: "median") == nil)
  }
}
