import Aggregation
import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("Insight")
struct InsightTests {
  private static let full = MatrixConsensus.wholeAgreement

  /// A random row, a third of which are rejections.
  private static func cells(_ count: Int, _ random: inout SeededRandom) -> [Assessment.Cell] {
    (0..<count).map { _ in
      random.integer(below: 3) == 0
        ? .init(verdict: .reject(.unexplained), trust: 0, clip: 0)
        : .init(verdict: .admit, trust: UInt16(random.integer(below: 65_536)), clip: .max)
    }
  }

  private static func row(_ cells: [Assessment.Cell]) -> Assessment {
    Assessment(network: .zero, task: .zero, window: 0, cells: cells, salt: .zero)
  }

  private static func updates(_ senders: [Int]) throws -> [WindowUpdate] {
    try senders.map {
      WindowUpdate(
        packet: .zero, contributor: try LedgerWorld.key(2, $0).publicKey, baseVersion: 0, committedAt: 0,
        keyDigest: .zero)
    }
  }

  /// A task as validators see it, window by window: sixteen contributors, some of them bad for good, and a
  /// part of the others' updates bad by surprise.
  private struct Play {
    let updates: [WindowUpdate]
    let surprises: Double
    var expectations = Expectations()
    var insights: [String: Insight] = [:]
    /// Of the rows of all windows with the consensus, summed up.
    var agreements: [String: UInt64] = [:]
    var random: SeededRandom
    var latest: [Assessment.Cell]

    init(seed: UInt64, surprises: Double) throws {
      updates = try InsightTests.updates(Array(0..<16))
      self.surprises = surprises
      random = SeededRandom(seed: seed)
      latest = updates.map { _ in LedgerWorld.fullTrust }
    }

    /// What most of the stake finds.
    private mutating func consensus() -> [Assessment.Cell] {
      updates.indices.map { index in
        index < 3 || random.uniform() < surprises
          ? .init(verdict: .reject(.duplicate), trust: 0, clip: 0)
          : .init(verdict: .admit, trust: UInt16(60_000 + random.integer(below: 5_536)), clip: .max)
      }
    }

    mutating func window() {
      let consensus = consensus()
      let news = expectations.news(of: updates, in: consensus)
      let honest = consensus.map { cell in
        let trust = max(0, Int(cell.trust) - random.integer(below: 12_000))
        return cell.verdict.isAdmit ? .init(verdict: .admit, trust: UInt16(trust), clip: .max) : cell
      }
      let rows: [String: [Assessment.Cell]] = [
        "consensus": consensus, "honest": honest, "lazy": updates.map { _ in LedgerWorld.fullTrust },
        "remembering": latest, "guessing": latest.indices.map { _ in latest[random.integer(below: 16)] },
        "strict": updates.map { _ in .init(verdict: .reject(.empty), trust: 0, clip: 0) },
      ]
      for (name, cells) in rows {
        let missed = Insight.missed(by: InsightTests.row(cells), of: consensus, news: news)
        agreements[name, default: 0] += MatrixConsensus.agreement(
          of: InsightTests.row(cells), with: consensus)
        insights[name, default: Insight()].note(missed: missed, windowNews: news.reduce(0, +))
      }
      expectations.note(updates, consensus)
      latest = consensus
    }

    func share(_ name: String) -> UInt64 { (insights[name] ?? Insight()).payShare }

    /// What it would be paid now, over what the consensus itself would be.
    func pay(_ name: String) -> Double {
      func weight(_ name: String) -> Double { Double(agreements[name] ?? 0) * Double(share(name)) }
      return weight(name) / weight("consensus")
    }
  }

  @Test(
    "pays in full who tells the news, and much less who does not look",
    arguments: 1...20 as ClosedRange<UInt64>)
  func conducts(seed: UInt64) throws {
    var play = try Play(seed: seed, surprises: 0.1)
    for _ in 0..<20 {
      play.window()
      for name in ["consensus", "honest"] { #expect(play.share(name) == Self.full, "seed \(seed)") }
    }
    for name in ["lazy", "remembering", "guessing", "strict"] {
      #expect(play.pay(name) < 0.4, "seed \(seed): \(name) has \(play.pay(name))")
    }
  }

  @Test("takes nothing from anybody where contributors do what they always did")
  func quiet() throws {
    var play = try Play(seed: 3, surprises: 0)
    for _ in 0..<3 { play.window() }
    let before = play.insights
    for _ in 0..<20 { play.window() }
    #expect(play.insights == before, "no window had news")
    #expect(play.share("remembering") == Self.full)
  }

  @Test(
    "never pays a row more than the consensus, and stays between an eighth and the whole",
    arguments: 1...50 as ClosedRange<UInt64>)
  func monotone(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var expectations = Expectations()
    var (any, best) = (Insight(), Insight())
    for _ in 0..<12 {
      let count = random.integer(below: 9)
      let updates = try Self.updates((0..<count).map { _ in random.integer(below: 6) })
      let consensus = Self.cells(count, &random)
      let news = expectations.news(of: updates, in: consensus)
      let sum = news.reduce(0, +)
      let missed = Insight.missed(by: Self.row(Self.cells(count, &random)), of: consensus, news: news)
      #expect(Insight.missed(by: Self.row(consensus), of: consensus, news: news) == 0)
      var improved = any
      any.note(missed: missed, windowNews: sum)
      improved.note(missed: 0, windowNews: sum)
      best.note(missed: 0, windowNews: sum)
      #expect(improved.payShare >= any.payShare, "seed \(seed)")
      #expect((Self.full / 8...Self.full).contains(any.payShare), "seed \(seed): \(any.payShare)")
      #expect(best.payShare == Self.full, "seed \(seed)")
      expectations.note(updates, consensus)
    }
  }

  @Test("holds for the largest window, and for one without updates")
  func extremes() throws {
    let count = Limits.updatesPerWindow
    let updates = try Self.updates(Array(repeating: 0, count: count))
    let nothing = updates.map { _ in Assessment.Cell(verdict: .reject(.empty), trust: 0, clip: 0) }
    let news = Expectations().news(of: updates, in: nothing)
    #expect(news.allSatisfy { $0 > 0 && $0 <= Insight.error(of: 0, in: Assessment.wholeScore) })
    let everything = Self.row(updates.map { _ in LedgerWorld.fullTrust })
    let missed = Insight.missed(by: everything, of: nothing, news: news)
    #expect(missed == news.reduce(0, +), "whoever expects the usual misses all news")
    var insight = Insight()
    insight.note(missed: .max, windowNews: news.reduce(0, +))
    #expect(insight.payShare == Self.full / 8)
    let before = insight
    insight.note(missed: 0, windowNews: 0)
    #expect(insight == before)
    insight.note(missed: 0, windowNews: news.reduce(0, +))
    #expect(insight.payShare == Self.full, "what is told now outweighs what was missed long ago")
  }

  @Test("is expected the best of newcomers, and of others what they did last or usually do")
  func expectations() {
    var expectation = Expectation()
    #expect(expectation.error(in: Assessment.wholeScore) == 0)
    #expect(expectation.error(in: 0) == Insight.error(of: Assessment.wholeScore, in: 0))
    expectation.note(0)
    #expect(expectation.last == 0)
    #expect(expectation.usual == Assessment.wholeScore * 7 / 8)
    #expect(expectation.error(in: 0) == 0, "as it was last")
    #expect(expectation.error(in: Assessment.wholeScore) == 0, "as usual")
    for _ in 0..<200 { expectation.note(0) }
    #expect(expectation.usual == 0, "rounding does not hold an average in place")
    expectation.note(Assessment.wholeScore)
    for _ in 0..<200 { expectation.note(Assessment.wholeScore) }
    #expect(expectation.usual >= Assessment.wholeScore - 1)
  }
}
