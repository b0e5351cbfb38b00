import Agents
import AgentsTestKit
import Aggregation
import Attribution
import Ledger
import Testing
import Updates
import Wire

/// A few versions as three validators made them while the fourth slept, to be played to the fourth.
struct Recording {
  let network: TestNetwork
  let group: ValidatorGroup
  let state: ModelState
  /// What the fourth would say of each window, had it all answers in time.
  let rows: [Assessment]
  /// What binds it to its rows, which it orders even if they come too late to be revealed.
  let rowCommitments: [AssessmentCommitment]

  /// The validator that slept.
  static let sleeper = 3

  init(versions: UInt64, contributors: [Int] = [0, 1, 2]) async throws {
    network = try TestNetwork(
      seed: 8,
      policy: MergePolicy(windowSize: UInt32(contributors.count), upForm: .dense8, downForm: .dense8))
    var group = ValidatorGroup(network, conducts: [.honest, .honest, .honest, .silent])
    try await group.begin()
    for sequence in 1...versions { try await group.runWindow(sequence: sequence, by: contributors) }
    self.group = group
    state = try #require(group.validators[0].model(of: network.task))
    var player = Player(group)
    try await player.play()
    (rows, rowCommitments) = (player.rows, player.rowCommitments)
    #expect(rows.count == Int(versions) && rowCommitments.count == Int(versions))
  }
}

/// What a validator waits for, beside the log.
enum Answer: CaseIterable {
  case firstWeights, packets, roots, credits

  /// All orders.
  static let orders: [[Answer]] = permutations(of: allCases)

  private static func permutations(of answers: [Answer]) -> [[Answer]] {
    guard !answers.isEmpty else { return [[]] }
    return answers.flatMap { first in
      permutations(of: answers.filter { $0 != first }).map { [first] + $0 }
    }
  }
}

/// Plays a recorded log to one validator. Answers come in a given order of kinds, each some records later
/// than the one before: so that others may decide, and make versions final, before this one has what it
/// needs.
struct Player {
  private let group: ValidatorGroup
  private let network: TestNetwork
  private let order: [Answer]
  private let lagRecords: Int
  private(set) var validator: Validator
  private(set) var halts: [String] = []
  private(set) var rows: [Assessment] = []
  private(set) var rowCommitments: [AssessmentCommitment] = []
  private(set) var attested: [VersionHeader] = []
  private var errands: [(directive: Validator.Directive, dueRecord: Int)] = []
  private var played = 0
  private var isReleased = false
  /// Packets that cannot be had.
  var lost: Set<Digest> = []
  /// Packets for which other bytes come.
  var replaced: [Digest: [UInt8]] = [:]
  /// Whether the attestations in the log are exchanged for ones over another root.
  var forgesFinal = false

  /// - Parameter lagRecords: how many records each kind of answer comes later than the kind before it in the
  ///   order
  init(_ recording: Recording, order: [Answer] = Answer.allCases, lagRecords: Int = 0) {
    self.init(recording.group, order: order, lagRecords: lagRecords)
  }

  fileprivate init(_ group: ValidatorGroup, order: [Answer] = Answer.allCases, lagRecords: Int = 0) {
    self.group = group
    network = group.network
    self.order = order
    self.lagRecords = lagRecords
    validator = Validator(
      key: network.validatorKeys[Recording.sleeper], secretSeed: network.secretSeed(of: Recording.sleeper),
      genesis: network.genesis)
  }

  mutating func play() async throws {
    for envelope in group.envelopes {
      let envelope = forgesFinal ? try forged(envelope) : envelope
      take(.record(Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)))
      played += 1
      try await giveAnswers()
    }
  }

  /// Gives every answer that is asked for, however late it would come.
  mutating func release() async throws {
    isReleased = true
    try await giveAnswers()
  }

  private mutating func giveAnswers() async throws {
    while let next = nextErrand { try await answer(errands.remove(at: next).directive) }
  }

  private var nextErrand: Int? {
    for kind in order {
      let due = errands.firstIndex { $0.directive.answer == kind && (isReleased || $0.dueRecord <= played) }
      if let due { return due }
    }
    return nil
  }

  private mutating func take(_ event: Validator.Event) {
    for directive in validator.handle(event) {
      switch directive {
      case .order(let envelope), .commit(_, let envelope): note(envelope)
      case .halt(_, let reason): halts.append(reason)
      case .store, .keep, .announce, .decline, .report, .watch: break
      default:
        let place = directive.answer.flatMap { order.firstIndex(of: $0) } ?? 0
        errands.append((directive, dueRecord: played + lagRecords * place))
      }
    }
  }

  private mutating func note(_ envelope: Envelope) {
    switch try? Transaction(envelope) {
    case .assessmentCommitment(let commitment)?: rowCommitments.append(commitment)
    case .assessment(let row)?: rows.append(row)
    case .attestation(let message)?:
      if let header = try? Attestation(opening: message.attestation).header { attested.append(header) }
    default: break
    }
  }

  private mutating func answer(_ errand: Validator.Directive) async throws {
    let reference = network.references[Recording.sleeper]
    switch errand {
    case .fetchFirstWeights(let task, _): take(.firstWeights(task: task, network.firstWeights))
    case .fetchPackets(let task, let window, let digests):
      var packets: [Digest: [UInt8]] = [:]
      for digest in digests where !lost.contains(digest) {
        packets[digest] = replaced[digest] ?? group.blobs[digest]
      }
      take(.packets(task: task, window: window, packets))
    case .measureRoots(let task, let window, let weights):
      let roots = try await RootUpdates.measured(by: reference.byLabel, at: weights)
      take(.rootsMeasured(task: task, window: window, roots))
    case .measureCredits(let task, let version, let merge):
      let credits = try await AumannShapley().credits(of: merge, by: reference.whole)
      take(.creditsMeasured(task: task, version: version, credits))
    default: break
    }
  }

  /// The same attestation over weights that nobody computed.
  private func forged(_ envelope: Envelope) throws -> Envelope {
    guard case .attestation(let message) = try Transaction(envelope),
      let key = network.validatorKeys.first(where: { $0.publicKey == envelope.signer })
    else { return envelope }
    let attestation = try Attestation(opening: message.attestation)
    let header = attestation.header
    let other = header.with(
      step: header.step, parametersRoot: .zero, residualRoot: header.residualRoot)
    return Transaction.attestation(
      CreditedAttestation(
        network: message.network,
        attestation: Attestation(header: other, credits: attestation.credits).signed(by: key),
        credits: message.credits)
    ).signed(by: key)
  }
}

extension Validator.Directive {
  /// What the directive asks for; nil if it asks for nothing.
  var answer: Answer? {
    switch self {
    case .fetchFirstWeights: .firstWeights
    case .fetchPackets: .packets
    case .measureRoots: .roots
    case .measureCredits: .credits
    default: nil
    }
  }
}
