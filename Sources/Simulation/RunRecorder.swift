import Agents
import Aggregation
import Attribution
import Learning
import Ledger
import Numerics
import Updates
import Wire

/// Watches a run through the gateway's replica, and writes down what people will want to see of it.
struct RunRecorder {
  /// What an attacker can see as real numbers: the latest steps, and the latest packets, one of each honest
  /// contributor at most.
  struct View: Sendable {
    var steps: [[Float]] = []
    var updates: [(sender: Int, values: [Float])] = []
  }

  private static let visibleSteps = 8
  /// Attackers compare what they see pairwise, and it is kept as dense vectors.
  private static let visibleUpdatesLimit = 64

  private var run: RunRecord
  private let meter: ModelMeter
  private let visibleUpdates: Int
  private let settings: RunSettings
  private let genesis: Genesis
  private var indices: [PublicKey: Int] = [:]
  private var places: [PublicKey: Int] = [:]
  /// Opens packets: attackers are taken to know what honest contributors send.
  private let eye: SigningKey?
  private var seal: (seal: PacketSeal, recipients: Recipients)?
  private var model: ModelVersion?
  private var pending: (window: UInt64, updates: [WindowUpdate])?
  private var merge = ModelMeter.Merge()
  private var flows: [String: UInt64] = [:]
  private(set) var view = View()

  init(_ settings: RunSettings, federation: Federation, genesis: Genesis) {
    self.settings = settings
    run = RunRecord(name: settings.name)
    run.groups = federation.groups
    run.contributors = federation.members.map(RunRecord.Contributor.init)
    run.validators = federation.judges.map { judge in
      RunRecord.Validator(
        name: judge.key.publicKey.short, conduct: judge.hostility?.rawValue ?? RunRecord.Validator.honest,
        stakeUnits: judge.stakeUnits)
    }
    for (index, judge) in federation.judges.enumerated() { places[judge.key.publicKey] = index }
    for (index, member) in federation.members.enumerated() { indices[member.key.publicKey] = index }
    eye = federation.judges.first?.key
    meter = ModelMeter(federation, settings)
    // Attackers see the latest updates, as many as close a window.
    let isWatched = federation.members.contains { $0.attack != nil }
    visibleUpdates = isWatched ? min(Int(settings.merge.windowSize), Self.visibleUpdatesLimit) : 0
    self.genesis = genesis
  }

  /// The newest version.
  var version: UInt64 { model?.number ?? 0 }
  /// The newest version's weights.
  var weights: [Float]? { model?.weights }

  mutating func begin(
    _ offer: TaskOffer, weights: [Float], _ progress: @Sendable (RunRecord.Version) -> Void
  ) async throws {
    model = try ModelVersion(task: offer.id, weights: weights)
    let seal = PacketSeal(offer, network: genesis.network)
    self.seal = (seal, seal.recipients(genesis.validators))
    try await evaluate(root: "", at: 0, progress)
  }

  /// Whether the newest measured versions are as accurate as the run is to become.
  var hasReachedTarget: Bool { settings.isReached(by: run.versions) }

  /// Counts a log record.
  mutating func appended() { run.logRecords += 1 }

  /// Follows a log record that a replica has applied.
  mutating func record(_ record: Replica.CheckedRecord, _ events: [ReplicaEvent]) {
    if case .assessment(let row)? = record.transaction, let envelope = record.envelope {
      note(
        row, by: envelope.signer, refused: events.contains { if case .refused = $0 { true } else { false } })
    }
    for event in events { note(event) }
  }

  private mutating func note(_ event: ReplicaEvent) {
    switch event {
    case .seedDrawn(_, let window, _, let updates): begin(window, updates)
    case .receipts(let receipts): note(receipts.filter { $0.verdict != nil })
    case .paid(let payout):
      for share in payout.shares { note(share) }
      notePay(of: payout)
    default: break
    }
  }

  private mutating func begin(_ window: UInt64, _ updates: [WindowUpdate]) {
    let columns = updates.compactMap { indices[$0.contributor] }.map { run.contributors[$0] }
    pending = (window, updates)
    guard settings.keptMatrices > 0 else { return }
    run.matrices.append(
      RunRecord.Matrix(
        window: window, validators: [], contributors: columns.map(\.name), groups: columns.map(\.group),
        rows: []))
    if run.matrices.count > settings.keptMatrices { run.matrices.removeFirst() }
  }

  private mutating func note(_ row: Assessment, by validator: PublicKey, refused: Bool) {
    guard !refused, row.window == pending?.window, let last = run.matrices.indices.last else { return }
    run.matrices[last].validators.append(validator.short)
    run.matrices[last].rows.append(
      row.cells.map { cell in
        var rejection: String?
        if case .reject(let reason) = cell.verdict { rejection = reason.name }
        return RunRecord.Cell(rejection: rejection, trust: Double(cell.trust) / 65_535)
      })
  }

  private mutating func note(_ receipts: [Receipt]) {
    let staleness = receipts.reduce(0) { $0 + Double($1.staleness) } / Double(max(1, receipts.count))
    merge = ModelMeter.Merge(
      updates: receipts.count, merged: receipts.count { $0.weight > 0 }, meanStaleness: staleness)
    for receipt in receipts {
      guard let index = indices[receipt.contributor] else { continue }
      run.contributors[index].updates += 1
      if receipt.weight > 0 { run.contributors[index].merged += 1 }
      run.contributors[index].creditNats += LossUnits.nats(receipt.credit)
      run.contributors[index].paidUnits += receipt.paidUnits
      guard let rejection = RunRecord.Rejection(receipt, of: run.contributors[index]) else { continue }
      run.contributors[index].rejections[rejection.reason, default: 0] += 1
      run.rejections.append(rejection)
    }
  }

  private mutating func note(_ share: Payout.Share) {
    switch share.role {
    case .author: flows["author", default: 0] += share.units
    case .validator: flows["validators", default: 0] += share.units
    case .contributor:
      if let index = indices[share.recipient] {
        flows[run.contributors[index].group, default: 0] += share.units
      }
    }
  }

  /// Notes what validators are paid for a version, which others are paid for a version before.
  private mutating func notePay(of payout: Payout) {
    for share in payout.shares where share.role == .validator {
      guard let place = places[share.recipient] else { continue }
      let unpaid = Int(payout.version) - 1 - run.validators[place].paidUnits.count
      run.validators[place].paidUnits += Array(repeating: 0, count: max(0, unpaid))
      run.validators[place].paidUnits.append(share.units)
    }
  }

  /// Notes a final version, and measures it on the test set if the settings say so.
  mutating func finalised(
    _ header: VersionHeader, step bytes: [UInt8], at seconds: Double,
    _ progress: @Sendable (RunRecord.Version) -> Void
  ) async throws {
    let step = try Step(wireBytes: bytes, limit: UpdateLimits.messageBytesLimit)
    try model?.apply(step)
    if visibleUpdates > 0 {
      view.steps.append(step.payload.realValues)
      if view.steps.count > Self.visibleSteps { view.steps.removeFirst() }
    }
    try await evaluate(root: header.root.hex, at: seconds, progress)
  }

  private mutating func evaluate(
    root: String, at seconds: Double, _ progress: @Sendable (RunRecord.Version) -> Void
  ) async throws {
    guard let model,
      let version = try await meter.measured(
        model.number, model.weights, of: merge, at: seconds, root: root)
    else { return }
    run.versions.append(version)
    progress(version)
  }

  mutating func sent(_ bytes: Int, by index: Int) { run.contributors[index].bytesUp += bytes }

  mutating func sawUpload(of index: Int, key: PublicKey, _ blob: [UInt8]) {
    run.contributors[index].denseBytesUp += 4 * (model?.weights.count ?? 0)
    guard run.contributors[index].isHonest, visibleUpdates > 0, let eye,
      let (seal, recipients) = seal,
      let opened = try? seal.open(blob, from: key, by: eye, among: recipients),
      let packet = try? Packet(wireBytes: opened.packet, limit: UpdateLimits.messageBytesLimit)
    else { return }
    view.updates.removeAll { $0.sender == index }
    view.updates.append((index, packet.payload.realValues))
    if view.updates.count > visibleUpdates { view.updates.removeFirst() }
  }

  mutating func received(steps: [Int], certificate: Int) {
    run.bytesDown += steps.reduce(certificate, +)
    run.denseBytesDown += steps.isEmpty ? 0 : 4 * (model?.weights.count ?? 0)
  }

  mutating func report(_ message: String, of index: Int) {
    run.contributors[index].reports[message, default: 0] += 1
  }

  /// The record, with the contributors in the order of their groups and names.
  func finished(escrowUnits: UInt64) -> RunRecord {
    var run = run
    let paidVersions = run.validators.map(\.paidUnits.count).max() ?? 0
    for place in run.validators.indices {
      let unpaid = paidVersions - run.validators[place].paidUnits.count
      run.validators[place].paidUnits += Array(repeating: 0, count: unpaid)
    }
    let order = Dictionary(uniqueKeysWithValues: run.groups.enumerated().map { ($1.name, $0) })
    run.contributors.sort { (order[$0.group] ?? 0, $0.name) < (order[$1.group] ?? 0, $1.name) }
    let recipients = ["author", "validators"] + run.groups.map(\.name)
    run.flows = recipients.compactMap { name in flows[name].map { RunRecord.Flow(recipient: name, units: $0) }
    }
    run.escrowUnits = escrowUnits
    return run
  }
}

extension RunRecord.Contributor {
  /// A member that has done nothing yet.
  init(_ member: Federation.Member) {
    self.init(
      name: member.key.publicKey.short, group: member.group, isHonest: member.isHonest,
      examples: member.trainer.exampleCount, slowness: member.device.slowness)
  }
}

extension RunRecord.Rejection {
  /// Takes down a receipt; nil if its update was admitted.
  fileprivate init?(_ receipt: Receipt, of contributor: RunRecord.Contributor) {
    guard case .reject(let reason) = receipt.verdict, let explanation = receipt.explanation else {
      return nil
    }
    let quantity = reason.quantity
    let isYesOrNo = quantity == .nothing
    self.init(
      window: receipt.window, contributor: contributor.name, group: contributor.group, reason: reason.name,
      measured: isYesOrNo ? nil : quantity.value(receipt.measured),
      limit: isYesOrNo ? nil : quantity.value(receipt.limit), unit: quantity.unit, explanation: explanation)
  }
}

extension Payload {
  /// The values as a dense vector of real numbers.
  fileprivate var realValues: [Float] {
    var values = [Float](repeating: 0, count: parameterCount)
    add(to: &values)
    return values
  }
}
