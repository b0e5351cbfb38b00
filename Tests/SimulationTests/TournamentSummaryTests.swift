import Testing

@testable import Simulation

@Suite("Tournament summaries") struct TournamentSummaryTests {
  private func record(
    _ results: [TournamentRecord.Result], peers: [PeerResults] = []
  ) -> TournamentRecord { TournamentRecord(SampleTournament.grid, results: results, peers: peers) }

  @Test("mean, sample deviation and extremes over the seeds")
  func spread() throws {
    #expect(Spread([]) == nil)
    let one = try #require(Spread([0.5]))
    #expect(
      one.mean == 0.5 && one.deviation == 0 && one.least == 0.5 && one.greatest == 0.5 && one.count == 1)
    // numpy.std([1, 2, 4], ddof=1) = 1.5275252316519465
    let three = try #require(Spread([1, 2, 4]))
    #expect(abs(three.mean - 7.0 / 3) < 1e-15 && abs(three.deviation - 1.527_525_231_651_946_5) < 1e-15)
    #expect(three.least == 1 && three.greatest == 4 && three.count == 3)
  }

  @Test("a summary is over the seeds, and its gap is to the same rule without attackers on the same skew")
  func gaps() throws {
    let record = record([
      SampleTournament.result("trust", nil, seed: 1, 0.9),
      SampleTournament.result("trust", nil, seed: 2, 0.8),
      SampleTournament.result("trust", "noise", seed: 1, 0.7),
      SampleTournament.result("trust", "noise", seed: 2, 0.5),
      SampleTournament.result("trust", "noise", skew: 1, seed: 1, 0.6),
      SampleTournament.result("mean", "noise", seed: 1, 0.3),
    ])
    #expect(record.summaries.count == 4)
    let noise = try #require(record.summaries.first { $0.rule == "trust" && $0.column.attack == "noise" })
    #expect(abs(noise.accuracy.mean - 0.6) < 1e-12 && noise.accuracy.count == 2)
    #expect(abs((noise.gap ?? 0) - 0.25) < 1e-12)
    #expect(record.summaries.first { $0.column.skew == 1 }?.gap == nil, "no attack-free run on that skew")
    #expect(record.summaries.first { $0.rule == "mean" }?.gap == nil, "no attack-free run of that rule")
  }

  @Test("the worst case is the attack with the lowest mean, and the worst of every figure of conduct")
  func worstCases() throws {
    var results = [
      SampleTournament.result("trust", "noise", seed: 1, 0.1),
      SampleTournament.result("trust", "noise", seed: 2, 0.9),
      SampleTournament.result("trust", "sign-flip", seed: 1, 0.4),
      SampleTournament.result("trust", "sign-flip", seed: 2, 0.4), SampleTournament.result("trust", nil, 0.9),
    ]
    results[0].figures.silencedHonest = 3
    results[1].figures.payRatio = 0.5
    results[1].figures.backdoorSuccess = 0.25
    results[2].figures.honestRejected = 0.2
    results[3].figures.failure = "it stopped"
    let record = record(results)
    #expect(record.worstCases.count == 1)
    let worst = try #require(record.worstCases.first)
    #expect(worst.attack == "sign-flip" && abs(worst.accuracy - 0.4) < 1e-12)
    #expect(abs((worst.gap ?? 0) - 0.5) < 1e-12)
    #expect(worst.conduct?.silencedHonest == 3 && worst.conduct?.payRatio == 0.5)
    #expect(abs((worst.conduct?.honestRejected ?? 0) - 0.1) < 1e-12)
    #expect(worst.conduct?.failures == 1)
    #expect(worst.conduct?.backdoorSuccess == 0.25, "of the seeds in which it was measured")
  }

  @Test("a run's figures are those of its record")
  func figures() {
    var run = RunRecord(name: "x")
    run.versions = (0...24).map { number in
      RunRecord.Version(
        number: UInt64(number), seconds: 0, loss: Double(number), accuracy: Double(number) / 100, updates: 1,
        merged: 1, meanStaleness: 0, root: "")
    }
    func contributor(_ isHonest: Bool, updates: Int, merged: Int, rejected: Int, paid: UInt64) {
      var contributor = RunRecord.Contributor(
        name: "", group: "", isHonest: isHonest, examples: 1, slowness: 1)
      (contributor.updates, contributor.merged, contributor.paidUnits) = (updates, merged, paid)
      if rejected > 0 { contributor.rejections = ["empty": rejected] }
      (contributor.bytesUp, contributor.denseBytesUp) = (10, 400)
      run.contributors.append(contributor)
    }
    contributor(true, updates: 4, merged: 3, rejected: 1, paid: 60)
    contributor(true, updates: 2, merged: 0, rejected: 2, paid: 0)
    contributor(true, updates: 0, merged: 0, rejected: 0, paid: 30)
    contributor(false, updates: 5, merged: 0, rejected: 5, paid: 10)
    let figures = TournamentFigures(run)
    #expect(abs(figures.accuracy - 0.145) < 1e-12, "of versions 5 to 24")
    #expect(figures.bestAccuracy == 0.24 && figures.loss == 14.5)
    #expect(figures.honestRejected == 0.5, "3 of 6; hostile ones do not count")
    #expect(figures.silencedHonest == 1, "who sent nothing was not silenced")
    #expect(abs((figures.payRatio ?? 0) - 0.4) < 1e-12, "a tenth of the pay, a quarter of the heads")
    #expect(figures.bitsPerParameter == 8 * 40.0 / 400 && figures.windows == 24)
    let broken = TournamentFigures(run, failure: "the loss is not finite")
    #expect(broken.accuracy == 0 && broken.loss == nil && broken.bestAccuracy == 0.24)
    let empty = TournamentFigures(RunRecord(name: "x"))
    #expect(empty.payRatio == nil && empty.accuracy == 0 && empty.bitsPerParameter == 0)
  }

  @Test(
    "the default rule is held against the peer's best rule of every column, and against its best worst case")
  func comparisons() throws {
    let own = [
      SampleTournament.result("trust", nil, 0.9), SampleTournament.result("trust", "noise", 0.8),
      SampleTournament.result("trust", "sign-flip", 0.7), SampleTournament.result("mean", "noise", 0.99),
    ]
    let peer = try SampleTournament.read(
      SampleTournament.peer([
        ("krum", nil, 0.85), ("krum", "noise", 0.6), ("krum", "sign-flip", 0.65), ("median", "noise", 0.82),
        ("median", "sign-flip", 0.3),
      ]))
    let record = record(own, peers: [peer])
    #expect(record.comparisons.map(\.peerRule) == ["krum", "median", "krum"])
    let expected = [0.05, -0.02, 0.05]
    for (comparison, difference) in zip(record.comparisons, expected) {
      #expect(abs(comparison.difference - difference) < 1e-12)
    }
    #expect(record.worstComparisons.count == 1)
    let worst = try #require(record.worstComparisons.first)
    #expect(worst.peerRule == "krum" && abs(worst.difference - 0.1) < 1e-12, "0.7 against min(0.6, 0.65)")
    #expect(record.summaries.filter { $0.source == "other 1.0" }.count == 5)
    #expect(record.summaries.filter { $0.source == "other 1.0" }.allSatisfy { $0.conduct == nil })
  }

  @Test("only seeds and attacks that both sides have are compared")
  func commonCells() throws {
    let own = [
      SampleTournament.result("trust", "noise", seed: 1, 0.8),
      SampleTournament.result("trust", "noise", seed: 2, 0.2),
      SampleTournament.result("trust", "sign-flip", seed: 1, 0.1),
    ]
    let peer = try SampleTournament.read(
      SampleTournament.peer([("krum", "noise", 0.7), ("krum", "odd", 0.1)]))
    let compared = record(own, peers: [peer])
    #expect(compared.comparisons.count == 1)
    #expect(abs((compared.comparisons.first?.difference ?? 0) - 0.1) < 1e-12)
    #expect(abs((compared.worstComparisons.first?.difference ?? 0) - 0.1) < 1e-12)
    let stranger = try SampleTournament.read(SampleTournament.peer([("krum", "noise", 0.7)], seed: 9))
    let apart = record(own, peers: [stranger])
    #expect(apart.comparisons.isEmpty && apart.worstComparisons.isEmpty)
  }

  @Test("a peer's rule that did not meet every attack has no known worst case")
  func incompletePeer() throws {
    let own = ["noise", "sign-flip"].map { SampleTournament.result("trust", $0, 0.5) }
    let peer = try SampleTournament.read(
      SampleTournament.peer([("a", "noise", 0.9), ("b", "noise", 0.6), ("b", "sign-flip", 0.4)]))
    #expect(record(own, peers: [peer]).worstComparisons.map(\.peerRule) == ["b"])
  }

  @Test(
    "a peer's file that is none is refused, and the place named",
    arguments: [
      ("", "it is not JSON"), ("[]", "another type"), ("{\"cells\": []}", "no field 'peer'"),
      ("{\"peer\": \"x\", \"cells\": [{\"rule\": \"a\"}]}", "cells.[0] has no field 'skew'"),
      ("{\"peer\": \"\", \"cells\": []}", "no peer's name"),
      ("{\"peer\": \"tributary\", \"cells\": []}", "no peer's name"),
      (SampleTournament.peer([("krum", "noise", 1.5)]), "cells[0] has a value out of range"),
      (
        "{\"peer\": \"x\", \"cells\": [{\"rule\": \"a\", \"skew\": 1, \"attackers\": 3, \"seed\": 1, "
          + "\"accuracy\": 0.5}]}", "cells[0] has 3 attackers and no attack"
      ),
    ])
  func peerErrors(text: String, expected: String) {
    let error = #expect(throws: TournamentError.self) { try SampleTournament.read(text) }
    let description = error?.description ?? ""
    #expect(description.contains(expected) && description.hasPrefix("peer.json"), "\(description)")
  }
}
