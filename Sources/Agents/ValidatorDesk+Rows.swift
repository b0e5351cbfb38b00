import Aggregation
import Attribution
import Ledger
import Updates
import Wire

// A validator's rows of the validation matrix: it judges, commits to the row, and reveals it once others are
// bound to theirs.
extension ValidatorDesk {
  /// Takes note of a row that this key has committed to in a life before.
  mutating func note(_ row: Assessment) {
    if let other = rows[row.window], other.round > row.round { return }
    rows[row.window] = row
  }

  /// Another committee judges a window: with this validator, or without it.
  ///
  /// - Parameter duties: what the validator owes now; nil for nothing
  mutating func redrawn(
    _ index: UInt64, round: UInt64, _ duties: ValidatorDuties?
  ) -> [Validator.Directive] {
    guard let place = windows.firstIndex(where: { $0.index == index }) else { return [] }
    windows[place].round = round
    windows[place].mayReveal = false
    windows[place].owesRow = duties?.row == index
    return (windows[place].owesRow ? commitAgain(windows[place]) : []) + advance()
  }

  /// Enough validators are bound to their rows for this one's to be seen.
  ///
  /// - Parameter duties: what the validator owes now; nil for nothing
  mutating func rowsCommitted(_ index: UInt64, _ duties: ValidatorDuties?) -> [Validator.Directive] {
    guard let place = windows.firstIndex(where: { $0.index == index }) else { return [] }
    windows[place].mayReveal = true
    return duties == nil ? [] : reveal(windows[place])
  }

  /// Orders what is awaited of rows that are there: reveals the one that the log is bound to, or commits once
  /// more to one that it does not know. A row of a life before is not judged again, since the order of its
  /// commitment may be on its way.
  mutating func takeUpRows(_ duties: ValidatorDuties) -> [Validator.Directive] {
    var directives: [Validator.Directive] = []
    if let reveal = duties.rowReveal, let row = rows[reveal.window],
      row.commitment(by: key.publicKey) == reveal.commitment
    {
      directives.append(order(row))
    }
    if let window = windows.first(where: { $0.index == duties.row }) {
      directives += commitAgain(window)
    }
    return directives
  }

  mutating func judgeIfReady() -> [Validator.Directive] {
    guard let window = windows.first, window.owesRow, !window.hasJudged, let packets = window.packets,
      let roots = window.roots, rows[window.index]?.round != window.round
    else { return [] }
    let candidates = window.updates.map { update in
      Candidate(
        contributor: update.contributor, packetDigest: update.packet, commitPosition: update.committedAt,
        content: packets[update.packet].map { $0.map { .packet($0) } ?? .malformed } ?? .unavailable)
    }
    let input = JudgingInput(
      task: offer.id, version: window.index, parameterCount: Int(offer.specification.parameterCount),
      candidates: candidates, rootUpdates: roots, seed: window.seed, policy: policy)
    let cells = judge.judge(input).map { Assessment.Cell($0) }
    windows[0].hasJudged = true
    if let step = window.recomputation?.outcome.step { judge.observe(step) }
    return commit(to: cells, window)
  }

  /// Commits to what the validator has judged before: in an earlier round, or in an earlier life.
  private mutating func commitAgain(_ window: WindowWork) -> [Validator.Directive] {
    rows[window.index].map { commit(to: $0.cells, window) } ?? []
  }

  /// Makes a row of a window out of cells, commits to it, and reveals it if others may see it.
  private mutating func commit(
    to cells: [Assessment.Cell], _ window: WindowWork
  ) -> [Validator.Directive] {
    let row = Assessment(
      network: network, task: offer.id, window: window.index, cells: cells,
      salt: secrets.salt(task: offer.id, window: window.index, round: window.round), round: window.round)
    rows[window.index] = row
    let commitment = AssessmentCommitment(to: row, by: key.publicKey)
    return [.commit(row: row, Transaction.assessmentCommitment(commitment).signed(by: key))] + reveal(window)
  }

  private func reveal(_ window: WindowWork) -> [Validator.Directive] {
    guard window.mayReveal, let row = rows[window.index], row.round == window.round else { return [] }
    return [order(row)]
  }

  private func order(_ row: Assessment) -> Validator.Directive {
    .order(Transaction.assessment(row).signed(by: key))
  }
}
