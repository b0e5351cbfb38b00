import Agents
import Aggregation
import Engines
import Ledger
import Wire

/// What always holds, whatever befalls the network.
public enum Invariant: String, Sendable, CaseIterable {
  /// Replicas of one log are equal after every record, those that replay it included.
  case agreement = "replicas agree"
  /// What a validator computes is what the others certify.
  case oneModel = "there is one model"
  /// Every certificate has more than two thirds of the weight, by the word of a light client.
  case certificates = "certificates hold"
  /// No unit is made or lost.
  case conservation = "units are conserved"
  /// What leaves an escrow was paid to somebody, and every version pays once.
  case payments = "everything is paid once"
  /// What was acknowledged stays.
  case durability = "nothing acknowledged is lost"
  /// No record stands in the log twice, and no update is merged twice.
  case once = "nothing is applied twice"
  /// Nobody who does what the protocol asks is stopped, misled or found guilty.
  case honesty = "the honest are left alone"
  /// A replay of the log and the blobs from the start comes to the same.
  case replay = "a replay comes to the same"
  /// Versions go on once the faults stop.
  case liveness = "versions go on"
}

/// An invariant that did not hold.
struct FaultViolation: Error {
  let invariant: Invariant
  let detail: String
}

/// Holds what the nodes do against the invariants.
///
/// A replica of its own applies every record as soon as any node has applied it; what that one does is
/// checked, and all others have to equal it at every length.
struct FaultInvariants: Sendable {
  private let task: Digest
  private let supplyUnits: UInt64
  private let honestValidators: Set<PublicKey>
  private var watcher: Replica
  /// The watcher after each record.
  private var states: [Replica] = []
  private var client: LightClient
  private var ids: Set<Digest> = []
  private var merged: Set<Digest> = []
  private var paid: Set<[UInt64]> = []
  private var headers: [UInt64: VersionHeader] = [:]
  private var promised: Set<Digest> = []
  private var packets: [Digest] = []
  /// What the run has come by, and how often.
  private(set) var encounters: [Encounter: Int] = [:]

  init(_ cast: FaultCast) {
    task = cast.offer.id
    supplyUnits = cast.genesis.supplyUnits
    honestValidators = cast.honestValidators
    watcher = Replica(cast.genesis)
    watcher.flaws = cast.flaw?.inReplica(of: 0) ?? PlantedFlaws()
    client = LightClient(cast.genesis)
  }

  /// The newest final version.
  var version: UInt64 { watcher.tasks[task]?.version ?? 0 }
  /// How many records have been applied.
  var records: Int { states.count }
  /// The state after the newest record.
  var state: Replica { watcher }

  /// Takes an observation.
  ///
  /// - Parameters:
  ///   - observation: what a node says
  ///   - node: which one
  ///   - blobs: the blob store's disk
  mutating func note(
    _ observation: Observation, by node: NodeID, blobs: SimulatedDisk
  ) throws(FaultViolation) {
    switch observation {
    case .restored(let records): try checkDurability(of: records)
    case .promised(let id): promised.insert(id)
    case .applied(let ordered, let replica):
      if replica.chain.length > UInt64(states.count) { try watch(ordered, blobs) }
      try checkAgreement(of: replica, node)
    case .computed(let state): try checkModel(state, node)
    case .stopped(let reason): throw FaultViolation(invariant: .honesty, detail: "\(node) stopped: \(reason)")
    case .misled(let reason):
      throw FaultViolation(invariant: .honesty, detail: "\(node) was misled: \(reason)")
    case .met(let encounter): encounters[encounter, default: 0] += 1
    case .awaitsOperator, .holds: break
    }
  }

  /// Applies a record that nobody has applied before, and checks what it does.
  private mutating func watch(_ ordered: OrderedRecord, _ blobs: SimulatedDisk) throws(FaultViolation) {
    let escrowUnits = escrowUnits
    let events = watcher.apply(ordered.checked)
    states.append(watcher)
    try checkOnce(ordered, events)
    try checkConservation()
    try checkPayments(events, escrowUnits: escrowUnits)
    for event in events {
      if let encounter = Encounter(event) { encounters[encounter, default: 0] += 1 }
      switch event {
      case .versionFinal(let header, let certificate): try checkCertificate(certificate, of: header)
      case .validatorsChanged(let handover): try follow(handover)
      case .slashed(let key, _, .signedTwice) where honestValidators.contains(key):
        throw FaultViolation(invariant: .honesty, detail: "\(key.short) is said to have signed twice")
      case .submitted(_, let packet, _):
        packets.append(packet)
        try checkBlobs(on: blobs)
      default: break
      }
    }
  }

  // MARK: the invariants

  private func checkAgreement(of replica: Replica, _ node: NodeID) throws(FaultViolation) {
    let length = Int(replica.chain.length)
    var other = replica
    other.flaws = watcher.flaws
    guard length <= states.count, other == states[length - 1] else {
      throw FaultViolation(
        invariant: .agreement, detail: "the replica of \(node) differs after record \(length)")
    }
  }

  private func checkModel(_ state: ModelState, _ node: NodeID) throws(FaultViolation) {
    let header = headers[state.model.number]
    guard header?.parametersRoot == state.parametersRoot, header?.residualRoot == state.residualRoot else {
      throw FaultViolation(
        invariant: .oneModel, detail: "\(node) has another version \(state.model.number) than was certified")
    }
  }

  private mutating func checkCertificate(
    _ certificate: Certificate, of header: VersionHeader
  ) throws(FaultViolation) {
    headers[header.version] = header
    do {
      guard try client.check(certificate) == header else {
        throw LedgerError.certificate("it is for another version")
      }
    } catch {
      throw FaultViolation(invariant: .certificates, detail: "version \(header.version): \(error)")
    }
  }

  private mutating func follow(_ handover: Handover) throws(FaultViolation) {
    do { try client.follow(handover) } catch {
      throw FaultViolation(invariant: .certificates, detail: "handover: \(error)")
    }
  }

  private var escrowUnits: UInt64 { watcher.tasks.values.reduce(0) { $0 + $1.escrowUnits } }

  private func checkConservation() throws(FaultViolation) {
    let accounts = watcher.accounts.sorted.reduce(UInt64(0)) { $0 + $1.balanceUnits + $1.bondUnits }
    let units = accounts + escrowUnits + watcher.withdrawnUnits
    guard units == supplyUnits else {
      throw FaultViolation(
        invariant: .conservation, detail: "\(units) units of \(supplyUnits) after record \(states.count)")
    }
  }

  private mutating func checkPayments(
    _ events: [ReplicaEvent], escrowUnits before: UInt64
  ) throws(FaultViolation) {
    var units: UInt64 = 0
    for case .paid(let payout) in events {
      units += payout.shares.reduce(0) { $0 + $1.units }
      let isValidators: UInt64 = payout.shares.first?.role == .validator ? 1 : 0
      guard payout.shares.isEmpty || paid.insert([payout.version, isValidators]).inserted else {
        throw FaultViolation(invariant: .payments, detail: "version \(payout.version) pays again")
      }
    }
    guard states.count == 1 || before - escrowUnits == units else {
      throw FaultViolation(
        invariant: .payments,
        detail:
          "\(before - escrowUnits) units left the escrow, and \(units) were paid by record \(states.count)")
    }
  }

  private mutating func checkOnce(
    _ ordered: OrderedRecord, _ events: [ReplicaEvent]
  ) throws(FaultViolation) {
    guard ids.insert(ordered.record.id).inserted else {
      throw FaultViolation(
        invariant: .once,
        detail: "record \(states.count) stands in the log before: \(ordered.record.id.short)")
    }
    for case .mergeDecided(let plan, _) in events {
      for entry in plan.entries where !merged.insert(entry.packet).inserted {
        throw FaultViolation(
          invariant: .once, detail: "window \(plan.window) merges the packet \(entry.packet.short) again")
      }
    }
  }

  private func checkDurability(of records: [OrderedRecord]) throws(FaultViolation) {
    let isThere = zip(states, records).allSatisfy { $0.chain.digest == $1.record.chain }
    guard isThere, records.count >= states.count else {
      throw FaultViolation(
        invariant: .durability,
        detail: "the log came back with other records than the \(states.count) that were read")
    }
    let kept = Set(records.map(\.record.id))
    guard let lost = promised.subtracting(kept).min() else { return }
    throw FaultViolation(
      invariant: .durability, detail: "the log came back without \(lost.short), which was acknowledged")
  }

  /// Every packet that was submitted is there to be read.
  func checkBlobs(on disk: SimulatedDisk) throws(FaultViolation) {
    for packet in packets where BlobServer.read(packet, on: disk) == nil {
      throw FaultViolation(
        invariant: .durability, detail: "the packet \(packet.short) cannot be read any more")
    }
  }
}
