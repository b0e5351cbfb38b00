import Aggregation
import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("The life of a window")
struct WindowTests {
  @Test("runs from commitments to a final version, event by event")
  func wholeLife() throws {
    var world = try LedgerWorld(stakes: [100, 100, 100, 100])
    for validator in 0..<3 { #expect(world.bind(validator).isEmpty) }
    #expect(world.commit(0, LedgerWorld.digest(0, 0)).names == ["committed"])
    #expect(world.submit(0, LedgerWorld.digest(0, 0)).names == ["submitted"])
    world.contribute(1, 0)
    #expect(world.contribute(2, 0).names == ["submitted", "windowClosed", "windowOpened"])
    #expect(world.reveal(0).isEmpty)
    #expect(world.reveal(1).names == ["seedDrawn"])
    #expect(world.updates.map(\.packet) == world.updates.map(\.packet).sorted())
    for validator in 0..<2 { #expect(world.commitRow(validator).isEmpty) }
    #expect(world.commitRow(2).names == ["rowsCommitted"])
    #expect(world.assess(0).isEmpty)
    #expect(world.assess(1).isEmpty)
    #expect(world.assess(2).names == ["mergeDecided"])
    #expect(world.attest(0).isEmpty)
    #expect(world.attest(1).isEmpty)
    let events = world.attest(2)
    #expect(events.names == ["versionFinal", "paid", "receipts"])
    #expect(world.state.version == 1)
    #expect(world.state.root == events.final?.header.root)
    #expect(world.state.certificate == events.final?.certificate)
  }

  @Test("needs a supermajority bound to secrets before it closes, and the last one closes it")
  func closesWithSecretsOnly() throws {
    var world = try LedgerWorld()
    for contributor in 0..<4 { world.contribute(contributor, 0) }
    #expect(world.bind(0).isEmpty)
    #expect(world.bind(1).isEmpty)
    #expect(world.state.collectedUpdates == 4)
    #expect(world.bind(2).names == ["windowClosed", "windowOpened"])
    #expect(world.state.collectedUpdates == 0)
  }

  @Test("collects while the one before is judged, and closes as soon as that one is final")
  func overlap() throws {
    var world = try LedgerWorld()
    world.decide()
    for validator in world.validators.indices { world.bind(validator) }
    for contributor in 0..<4 { #expect(world.contribute(contributor, 1).names == ["submitted"]) }
    #expect(world.state.collectingWindow == 1)
    for validator in 0..<2 { world.attest(validator) }
    #expect(world.state.collectedUpdates == 4)
    #expect(world.attest(2).names == ["versionFinal", "paid", "receipts", "windowClosed", "windowOpened"])
    #expect(world.state.collectingWindow == 2)
    #expect(world.state.closed?.updates.count == 4)
  }

  @Test("draws the same seed in whatever order the same secrets arrive, another one for other secrets")
  func seedOrder() throws {
    var world = try LedgerWorld()
    world.closeWindow()
    let seeds = permutations(4).map { order in
      var copy = world
      for validator in order { copy.reveal(validator) }
      return (pair: Set(order.prefix(2)), seed: copy.seed)
    }
    let byPair = Dictionary(grouping: seeds, by: \.pair)
    #expect(byPair.count == 6)
    for (pair, drawn) in byPair { #expect(Set(drawn.map(\.seed)).count == 1, "validators \(pair)") }
    #expect(Set(seeds.map(\.seed)).count == 6)
  }

  @Test("goes on when a validator that is bound to a secret stays silent")
  func silentValidator() throws {
    var world = try LedgerWorld()
    for validator in 0..<3 { world.bind(validator) }
    for contributor in 0..<3 { world.contribute(contributor, 0) }
    #expect(world.reveal(3).refusal == .wrongSecret)
    #expect(world.reveal(0).isEmpty)
    #expect(world.reveal(1).names == ["seedDrawn"], "the third is silent")
    #expect(world.reveal(2).refusal == .wrongPhase)
  }

  @Test("never draws its seed from a third of the stake, all of which may be hostile")
  func thirdIsNotEnough() throws {
    var world = try LedgerWorld(stakes: [20, 10, 15, 15, 15, 15])
    world.closeWindow()
    #expect(world.reveal(0).isEmpty)
    #expect(world.reveal(1).isEmpty, "30 of 90 is exactly a third")
    #expect(world.reveal(2).names == ["seedDrawn"])
  }

  @Test("takes an update of a contributor past its rate only when a later window opens")
  func rate() throws {
    var world = try LedgerWorld(policy: LedgerWorld.policy(windowSize: 3, perContributor: 1))
    for validator in world.validators.indices { world.bind(validator) }
    #expect(world.contribute(0, 0).names == ["submitted"])
    #expect(world.contribute(0, 1).isEmpty, "the second one waits")
    #expect(world.contribute(0, 2).refusal == .tooManyWaiting)
    #expect(world.submit(0, LedgerWorld.digest(0, 1)).refusal == .repeated)
    #expect(world.state.collectedUpdates == 1)
    #expect(world.state.version == 0, "a flood closes no window")
    world.contribute(1, 0)
    let events = world.contribute(2, 0)
    #expect(events.names == ["submitted", "windowClosed", "windowOpened", "submitted"])
    #expect(events.submitted.last == LedgerWorld.digest(0, 1), "first committed, first in")
    #expect(world.state.collectedUpdates == 1)
    #expect(world.commit(1, LedgerWorld.digest(0, 2)).refusal == .alreadyCommitted)
  }

  @Test("forgets commitments that have grown too old, whether their packets wait or not")
  func expiry() throws {
    var world = try LedgerWorld(policy: LedgerWorld.policy(maximumStaleness: 1, perContributor: 1))
    let (unsent, late) = (LedgerWorld.digest(3, 900), LedgerWorld.digest(3, 901))
    world.commit(3, unsent)
    world.contribute(3, 0)
    world.commit(3, late)
    world.finishWindow()
    #expect(world.state.openCommitments.count(of: world.contributors[3].publicKey) == 2)
    #expect(
      world.commit(3, LedgerWorld.digest(3, 902), base: 0).names == ["committed"],
      "one version behind is allowed")
    world.closeWindow()
    #expect(world.state.openCommitments.count(of: world.contributors[3].publicKey) == 0)
    #expect(world.submit(3, late).refusal == .notCommitted)
    #expect(world.commit(3, late, base: 0).refusal == .stale)
    #expect(world.commit(3, unsent, base: 1).names == ["committed"], "forgotten, so it may come again")
  }

  @Test("weighs an update by trust, staleness and clip, and tells every contributor what became of it")
  func weightsAndReceipts() throws {
    var world = try LedgerWorld(policy: LedgerWorld.policy(windowSize: 4, maximumStaleness: 4))
    world.finishWindow()
    for validator in world.validators.indices { world.bind(validator) }
    for contributor in 0..<4 { world.contribute(contributor, 1, base: contributor == 3 ? 0 : 1) }
    for validator in 0..<2 { world.reveal(validator) }
    let cells = world.updates.map { update in
      switch world.contributors.firstIndex(where: { $0.publicKey == update.contributor }) {
      case 0:
        Assessment.Cell(
          verdict: .reject(.nearCopy), trust: 9, clip: 9, measured: Quantity.cosine.number(0.9921875),
          limit: Quantity.cosine.number(0.984375))
      case 1: Assessment.Cell(verdict: .admit, trust: 0, clip: .max)
      case 2: Assessment.Cell(verdict: .admit, trust: 32_768, clip: 32_768)
      default: LedgerWorld.fullTrust
      }
    }
    for validator in 0..<3 { world.commitRow(validator, cells) }
    for validator in 0..<3 { world.assess(validator, cells) }
    for validator in 0..<2 { world.attest(validator) }
    let receipts = world.attest(2).receipts
    #expect(receipts.map(\.packet) == world.updates.map(\.packet))
    func receipt(_ contributor: Int) -> Receipt? {
      receipts.first { $0.contributor == world.contributors[contributor].publicKey }
    }
    #expect(receipt(0)?.verdict == .reject(.nearCopy))
    #expect(receipt(0)?.weight == 0)
    #expect(receipt(0)?.measured == 127 << 25)
    #expect(receipt(0)?.limit == 63 << 26)
    #expect(receipt(0)?.explanation?.contains("is 0.9922; the limit is 0.9844.") == true)
    #expect(receipt(1)?.explanation == nil)
    #expect(receipt(1)?.verdict == .admit)
    #expect(receipt(1)?.weight == 0)
    #expect(receipt(2)?.weight == 16_384, "32768 x 32768 / 65535, rounded")
    #expect(receipt(2)?.staleness == 0)
    #expect(receipt(3)?.weight == 46_340, "65535 / sqrt(2), rounded")
    #expect(receipt(3)?.staleness == 1)
    #expect(receipt(0)?.paidUnits == 0)
    #expect(world.plan?.entries.count == 2)
    #expect((receipt(2)?.credit ?? 0) + (receipt(3)?.credit ?? 0) == 300)
  }

  @Test("agrees with a row by its verdicts, and by its trust where both admit")
  func agreement() {
    func agreement(_ cells: [Assessment.Cell], _ consensus: [Assessment.Cell]) -> UInt64 {
      MatrixConsensus.agreement(
        of: Assessment(network: .zero, task: .zero, window: 0, cells: cells, salt: .zero), with: consensus)
    }
    let faint = Assessment.Cell(verdict: .admit, trust: 10, clip: .max)
    let stale = Assessment.Cell(verdict: .reject(.stale), trust: 0, clip: 0)
    let loudlyStale = Assessment.Cell(verdict: .reject(.replay), trust: .max, clip: 0)
    #expect(agreement([faint], [faint]) == 65_535)
    #expect(agreement([LedgerWorld.fullTrust], [faint]) == 10)
    #expect(agreement([stale], [faint]) == 0, "trust is as good as equal, the verdict is not")
    #expect(agreement([faint], [stale]) == 0)
    #expect(agreement([loudlyStale], [stale]) == 65_535, "the trust of what is rejected means nothing")
    #expect(agreement([faint, stale], [faint, faint]) == 32_767)
    #expect(agreement([], []) == 0)
  }

  @Test(
    "admits an update with more than half of the stake that voted, and names the reason with most stake"
  )
  func matrix() {
    func row(_ verdict: Verdict, _ stake: UInt64) -> (row: Assessment, weight: UInt64) {
      let cell = Assessment.Cell(verdict: verdict, trust: 1_000, clip: 2_000)
      return (Assessment(network: .zero, task: .zero, window: 0, cells: [cell], salt: .zero), stake)
    }
    let tie = MatrixConsensus.cells(
      rows: [row(.admit, 2), row(.reject(.empty), 1), row(.reject(.stale), 1)], count: 1)
    #expect(tie == [Assessment.Cell(verdict: .reject(.stale), trust: 0, clip: 0)], "the lower code on a tie")
    let most = MatrixConsensus.cells(rows: [row(.reject(.replay), 3), row(.reject(.stale), 2)], count: 1)
    #expect(most.first?.verdict == .reject(.replay))
    let admitted = MatrixConsensus.cells(rows: [row(.admit, 3), row(.reject(.stale), 2)], count: 1)
    #expect(admitted == [Assessment.Cell(verdict: .admit, trust: 1_000, clip: 2_000)])
  }

  /// A cell of a validator, for the tests of the numbers on receipts.
  private func row(
    _ verdict: Verdict, _ measured: Int64, _ limit: Int64, stake: UInt64
  ) -> (row: Assessment, weight: UInt64) {
    let cell = Assessment.Cell(verdict: verdict, trust: 0, clip: 0, measured: measured, limit: limit)
    return (Assessment(network: .zero, task: .zero, window: 0, cells: [cell], salt: .zero), stake)
  }

  @Test("tells the median numbers of those who gave the reason, whatever others measured")
  func rejectionNumbers() {
    let cells = MatrixConsensus.cells(
      rows: [
        row(.reject(.stale), 17, 16, stake: 1), row(.reject(.stale), 19, 16, stake: 1),
        row(.reject(.stale), 20, 18, stake: 1), row(.reject(.empty), 900, 900, stake: 2),
        row(.admit, 0, 0, stake: 4),
      ], count: 1)
    #expect(
      cells == [Assessment.Cell(verdict: .reject(.stale), trust: 0, clip: 0, measured: 19, limit: 16)])
    let lower = MatrixConsensus.cells(
      rows: [row(.reject(.stale), 30, 4, stake: 1), row(.reject(.stale), 20, 8, stake: 1)], count: 1)
    #expect(lower.first?.measured == 20, "the lower of two")
    #expect(lower.first?.limit == 4, "each on its own")
  }

  @Test(
    "keeps the numbers within what the honest measured, while liars hold less stake, in any order of rows",
    arguments: [11, 12] as [UInt64])
  func rejectionNumbersHold(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for draw in 0..<300 {
      let honest = (0..<(1 + random.integer(below: 5))).map { _ in
        row(
          .reject(.normTooLarge), Int64(1_000 + random.integer(below: 500)),
          Int64(100 + random.integer(below: 50)), stake: UInt64(1 + random.integer(below: 9)))
      }
      var spare = honest.reduce(0) { $0 + $1.weight } - 1
      var rows = honest
      while spare > 0 {
        let stake = UInt64(1 + random.integer(below: Int(spare)))
        let extreme = Quantity.medianNorms.range.upperBound
        rows.append(
          row(
            .reject(.normTooLarge), random.integer(below: 2) == 0 ? 0 : extreme,
            random.integer(below: 2) == 0 ? 0 : extreme, stake: stake))
        spare -= stake
      }
      let cells = MatrixConsensus.cells(rows: rows, count: 1)
      let measures = honest.map { $0.row.cells[0].measured }.sorted()
      let limits = honest.map { $0.row.cells[0].limit }.sorted()
      let note = "seed \(seed), draw \(draw)"
      #expect(
        cells[0].measured >= measures[0] && cells[0].measured <= measures[measures.count - 1], "\(note)")
      #expect(cells[0].limit >= limits[0] && cells[0].limit <= limits[limits.count - 1], "\(note)")
      random.shuffle(&rows)
      #expect(MatrixConsensus.cells(rows: rows, count: 1) == cells, "\(note)")
    }
  }
}
