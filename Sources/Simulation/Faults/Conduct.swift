import Aggregation
import Attribution
import Ledger
import Numerics
import Wire

/// What a validator does with its key.
enum Conduct: String, CaseIterable, Sendable {
  /// What the protocol asks.
  case honest
  /// Orders nothing.
  case silent
  /// Orders random rows, and random credits or wrong roots.
  case lying
  /// Signs two headers for every version.
  case equivocating
  /// Binds itself to what others are bound to, and orders their rows as its own.
  case copying
}

/// A hostile validator's hand: it exchanges what the protocol's validator behind it would order.
struct HostileHand: Sendable {
  private let conduct: Conduct
  private let key: SigningKey
  private var random: SeededRandom
  private var lies: [UInt64: Assessment] = [:]
  private var commitments: [UInt64: AssessmentCommitment] = [:]
  private var copied: Set<UInt64> = []

  init(_ conduct: Conduct, key: SigningKey, random: SeededRandom) {
    self.conduct = conduct
    self.key = key
    self.random = random
  }

  /// Looks at a record that was applied.
  ///
  /// - Returns: what it orders because of it
  mutating func note(_ ordered: OrderedRecord) -> [Envelope] {
    guard conduct == .copying, let signer = ordered.checked.envelope?.signer, signer != key.publicKey else {
      return []
    }
    switch ordered.checked.transaction {
    case .assessmentCommitment(let message)?:
      commitments[message.window] = message
      return []
    case .assessment(let row)? where copied.insert(row.window).inserted:
      return [Transaction.assessment(row).signed(by: key)]
    default: return []
    }
  }

  /// What is ordered in place of an envelope.
  ///
  /// - Parameter row: the row that the envelope commits to; nil if it is another's
  mutating func exchange(_ envelope: Envelope, row: Assessment? = nil) -> [Envelope] {
    switch (conduct, try? Transaction(envelope)) {
    case (.honest, _), (_, nil): return [envelope]
    case (.silent, _): return []
    case (.lying, .assessmentCommitment?):
      guard let lie = row.map({ lie(in: $0) }) else { return [] }
      lies[lie.window] = lie
      let commitment = AssessmentCommitment(to: lie, by: key.publicKey)
      return [Transaction.assessmentCommitment(commitment).signed(by: key)]
    case (.lying, .assessment(let row)?):
      return [Transaction.assessment(lies[row.window] ?? row).signed(by: key)]
    case (.lying, .attestation(let message)?):
      return [random.integer(below: 2) == 0 ? miscredited(message) : misheaded(message)].compactMap(\.self)
    case (.equivocating, .attestation(let message)?):
      return [envelope, misheaded(message)].compactMap(\.self)
    case (.copying, .assessmentCommitment(let message)?):
      guard let other = commitments[message.window] else { return [] }
      return [
        Transaction.assessmentCommitment(
          AssessmentCommitment(
            network: message.network, task: message.task, window: message.window, round: message.round,
            commitment: other.commitment)
        ).signed(by: key)
      ]
    default: return [envelope]
    }
  }

  private mutating func lie(in row: Assessment) -> Assessment {
    let cells = row.cells.map { _ in
      let verdict = Verdict(code: UInt8(random.integer(below: 3) * 7)) ?? .admit
      let wild: Int64 = verdict.isAdmit ? 0 : Int64(random.integer(below: 1 << 30))
      return Assessment.Cell(
        verdict: verdict, trust: UInt16(random.integer(below: 65_536)),
        clip: UInt16(random.integer(below: 65_536)), measured: wild, limit: wild / 2)
    }
    return Assessment(
      network: row.network, task: row.task, window: row.window, cells: cells, salt: row.salt,
      round: row.round)
  }

  /// The attestation with random credits.
  private mutating func miscredited(_ message: CreditedAttestation) -> Envelope? {
    guard let header = try? Attestation(opening: message.attestation).header else { return nil }
    return attestation(
      of: header,
      CreditRow(
        credits: message.credits.credits.map { _ in wildLoss() }, lossBefore: wildLoss(),
        lossAfter: wildLoss()))
  }

  private mutating func wildLoss() -> Int64 { Int64(bitPattern: random.next()) >> 4 }

  /// The attestation with other roots.
  private func misheaded(_ message: CreditedAttestation) -> Envelope? {
    guard let header = try? Attestation(opening: message.attestation).header else { return nil }
    return attestation(
      of: header.with(step: header.step, parametersRoot: header.plan, residualRoot: header.residualRoot),
      message.credits)
  }

  private func attestation(of header: VersionHeader, _ credits: CreditRow) -> Envelope {
    let attestation = Attestation(header: header, credits: credits.digest).signed(by: key)
    return Transaction.attestation(
      CreditedAttestation(network: header.network, attestation: attestation, credits: credits)
    ).signed(by: key)
  }
}
