import Agents
import Aggregation
import Attribution
import Ledger
import Numerics
import Wire

/// A hostile validator's hand: it exchanges the rows and the credits that the protocol's validator behind it
/// would order, through the protocol's own messages.
///
/// What it knows of others' rows is what the log shows when it has to bind itself to its own: those of
/// earlier windows. Whoever waits for those of the window at hand can order one of them only in the open,
/// unpaid.
struct HostileJudge: Sendable {
  private static let fullTrust = Assessment.Cell(verdict: .admit, trust: .max, clip: .max)
  private static let noTrust = Assessment.Cell(verdict: .reject(.unexplained), trust: 0, clip: 0)

  private let kind: Scenario.ValidatorHostility
  private let key: SigningKey
  /// Whose updates it is to further.
  private let friends: Set<PublicKey>
  private var random: SeededRandom
  /// The window at hand, by ascending digest.
  private var updates: [WindowUpdate] = []
  private var plan: MergePlan?
  /// The rows of the window at hand that others have revealed.
  private var seen: [Assessment] = []
  /// What the rows of the window before came to.
  private var latest: [Assessment.Cell] = []
  /// What rows last came to for each contributor.
  private var remembered: [PublicKey: Assessment.Cell] = [:]
  /// The row that it is bound to.
  private var own: Assessment?
  /// The window whose rows may be revealed.
  private var revealedWindow: UInt64?

  init(_ kind: Scenario.ValidatorHostility, key: SigningKey, friends: Set<PublicKey>, seed: UInt64) {
    self.kind = kind
    self.key = key
    self.friends = friends
    random = SeededRandom(seed: seed)
  }

  /// Looks at a record that was applied.
  ///
  /// - Returns: what it orders because of it
  mutating func note(_ record: Replica.CheckedRecord, _ events: [ReplicaEvent]) -> [Envelope] {
    var orders: [Envelope] = []
    if case .assessment(let row)? = record.transaction, record.envelope?.signer != key.publicKey {
      if kind == .copying, seen.isEmpty { orders.append(Transaction.assessment(row).signed(by: key)) }
      seen.append(row)
    }
    for event in events {
      switch event {
      case .seedDrawn(_, _, _, let updates): (self.updates, seen) = (updates, [])
      case .rowsCommitted(_, let window):
        revealedWindow = window
        orders += reveal()
      case .mergeDecided(let plan, _):
        self.plan = plan
        remember()
      default: break
      }
    }
    return orders
  }

  /// Remembers the middle of what others have found of each update.
  private mutating func remember() {
    let rows = seen.filter { $0.cells.count == updates.count }
    guard !rows.isEmpty else { return }
    latest = updates.indices.map { index in
      let cells = rows.map(\.cells[index]).sorted { $0.score < $1.score }
      return cells[cells.count / 2]
    }
    for (update, cell) in zip(updates, latest) { remembered[update.contributor] = cell }
  }

  /// What is ordered in place of an envelope.
  ///
  /// - Parameter row: the row that the envelope commits to; nil if it is another's
  mutating func exchange(_ envelope: Envelope, row: Assessment? = nil) -> [Envelope] {
    switch try? Transaction(envelope) {
    case .assessmentCommitment?:
      guard kind != .copying, let row = row.map({ judge($0) }) else { return [] }
      own = row
      let commitment = AssessmentCommitment(to: row, by: key.publicKey)
      return [Transaction.assessmentCommitment(commitment).signed(by: key)] + reveal()
    // The row that it is bound to is revealed as soon as it may be.
    case .assessment?: return []
    case .attestation(let message)?: return [credit(message) ?? envelope]
    default: return [envelope]
    }
  }

  /// The row that it is bound to, if it may be seen.
  private func reveal() -> [Envelope] {
    guard let own, own.window == revealedWindow else { return [] }
    return [Transaction.assessment(own).signed(by: key)]
  }

  private mutating func judge(_ honest: Assessment) -> Assessment {
    let cells = zip(updates, honest.cells).map { update, cell in
      switch kind {
      case .lazy, .copying: Self.fullTrust
      case .guessing:
        latest.isEmpty ? Self.fullTrust : latest[random.integer(below: latest.count)]
      case .remembering: remembered[update.contributor] ?? Self.fullTrust
      case .colluding: friends.contains(update.contributor) ? Self.fullTrust : Self.noTrust
      case .sheltering: friends.contains(update.contributor) ? Self.fullTrust : cell
      }
    }
    return Assessment(
      network: honest.network, task: honest.task, window: honest.window, cells: cells, salt: honest.salt,
      round: honest.round)
  }

  /// The attestation with credits that nobody has measured: none, or all to friends.
  private func credit(_ message: CreditedAttestation) -> Envelope? {
    guard let plan, plan.entries.count == message.credits.credits.count,
      let header = try? Attestation(opening: message.attestation).header
    else { return nil }
    let honest = message.credits
    let favoured = plan.entries.map { friends.contains($0.contributor) && kind.hasFriends }
    let each = honest.lossDrop / Int64(max(1, favoured.count { $0 }))
    let credits = CreditRow(
      credits: favoured.map { $0 ? each : 0 }, lossBefore: honest.lossBefore, lossAfter: honest.lossAfter)
    let attestation = Attestation(header: header, credits: credits.digest).signed(by: key)
    return Transaction.attestation(
      CreditedAttestation(network: header.network, attestation: attestation, credits: credits)
    ).signed(by: key)
  }
}

extension Scenario.ValidatorHostility {
  /// Whether it acts for hostile contributors.
  fileprivate var hasFriends: Bool { self == .colluding || self == .sheltering }
}

extension Federation {
  /// The hands of the hostile validators, by index.
  func hostileJudges(seed: UInt64) -> [Int: HostileJudge] {
    let friends = Set(members.filter { !$0.isHonest }.map(\.key.publicKey))
    var found: [Int: HostileJudge] = [:]
    for (index, judge) in judges.enumerated() {
      guard let kind = judge.hostility else { continue }
      found[index] = HostileJudge(kind, key: judge.key, friends: friends, seed: seed &+ UInt64(index))
    }
    return found
  }
}
