public import Agents
import Aggregation
import Attribution
public import Engines
public import Ledger
import Numerics
public import Wire

/// Validators that share one log, driven step by step without any clock: what one orders reaches all of them
/// before anything else happens.
public struct ValidatorGroup: Sendable {
  /// What a validator does.
  public enum Conduct: Sendable, Equatable {
    /// What the protocol asks.
    case honest
    /// Nothing at all.
    case silent
    /// Posts random rows and random credits.
    case lying
  }

  /// A replica's invariant that did not hold.
  public struct Violation: Error, CustomStringConvertible {
    /// Which invariant, and after how many records.
    public let description: String
  }

  /// Whose validators these are.
  public let network: TestNetwork
  /// What each validator does.
  public let conducts: [Conduct]
  /// The validators, in the order of the network's keys.
  public private(set) var validators: [Validator]
  /// A replica that watches, and that invariants are checked on.
  public private(set) var replica: Replica
  /// The log.
  public private(set) var envelopes: [Envelope] = []
  /// What the log's records did.
  public private(set) var events: [ReplicaEvent] = []
  /// Who stopped, and why.
  public private(set) var halts: [(validator: Int, reason: String)] = []
  /// Who declined a task, and why.
  public private(set) var declined: [(validator: Int, reason: String)] = []
  /// What operators were told.
  public private(set) var reports: [(validator: Int, message: String)] = []
  /// The rows that honest validators posted, by window.
  public private(set) var honestRows: [UInt64: [Assessment]] = [:]
  /// The blob store, which nothing checks.
  public var blobs: [Digest: [UInt8]] = [:]
  /// Packets that a validator cannot have before the window is decided.
  public var late: [Int: Set<Digest>] = [:]
  /// The states that validators named to others, by version.
  private var named: [UInt64: ModelState] = [:]
  /// Who waits for a state to be named, and of which version at least.
  private var searching: [Int: UInt64] = [:]
  private var known: Set<Digest> = []
  /// What liars committed to, by window.
  private var lies: [Int: [UInt64: Assessment]] = [:]
  private var errands: [(validator: Int, directive: Validator.Directive)] = []
  private var random: SeededRandom

  /// Puts validators at the start of an empty log. The seed decides what liars say.
  public init(_ network: TestNetwork, conducts: [Conduct]? = nil, seed: UInt64 = 1) {
    self.network = network
    self.conducts = conducts ?? network.validatorKeys.map { _ in .honest }
    validators = network.validatorKeys.indices.map {
      Validator(
        key: network.validatorKeys[$0], secretSeed: network.secretSeed(of: $0), genesis: network.genesis)
    }
    replica = Replica(network.genesis)
    random = SeededRandom(seed: seed)
    let weights = FlatWeights.encode(network.firstWeights)
    blobs[Digest(of: weights, in: .blob)] = weights
  }

  /// The headers that became final.
  public var finals: [VersionHeader] {
    events.compactMap { if case .versionFinal(let header, _) = $0 { header } else { nil } }
  }

  /// What became of every update of a final window.
  public var receipts: [Receipt] {
    events.flatMap { event in if case .receipts(let receipts) = event { receipts } else { [Receipt]() } }
  }

  /// The newest version's weights, as the first honest validator holds them that has come so far.
  public var weights: [Float] {
    let models = validators.indices.filter { conducts[$0] == .honest }
      .compactMap { validators[$0].model(of: network.task)?.model }
    let newest = models.map(\.number).max()
    return models.first { $0.number == newest }?.weights ?? network.firstWeights
  }

  /// Opens the task, and registers every contributor.
  public mutating func begin() async throws {
    try await order(network.creation)
    for index in network.contributorKeys.indices { try await order(network.registration(of: index)) }
  }

  /// Puts an envelope into the log, delivers it, and carries out everything that comes of it.
  public mutating func order(_ envelope: Envelope) async throws {
    try append(envelope)
    try await carryOutErrands()
  }

  private mutating func carryOutErrands() async throws {
    while !errands.isEmpty {
      let errand = errands.removeFirst()
      guard conducts[errand.validator] != .silent else { continue }
      try await carryOut(errand.directive, of: errand.validator)
    }
  }

  /// Has every validator's clock say that a window is overdue, and carries out everything that comes of it.
  public mutating func overdue(window: UInt64) async throws {
    let round = replica.tasks[network.task]?.committeeRound(of: window) ?? 0
    for index in validators.indices {
      deliver(.overdue(task: network.task, window: window, round: round), to: index)
    }
    try await carryOutErrands()
  }

  /// Stores a packet, and orders what goes with it.
  public mutating func take(_ upload: TestNetwork.Upload) async throws {
    blobs[upload.digest] = upload.packet
    try await order(upload.commitment)
    try await order(upload.submission)
  }

  /// Lets contributors fill the collecting window with honest updates.
  public mutating func runWindow(sequence: UInt64, by contributors: [Int]) async throws {
    let (weights, base) = (weights, replica.tasks[network.task]?.version ?? 0)
    for index in contributors {
      try await take(
        try await network.honestUpload(
          by: index, from: weights, base: base, sequence: sequence, to: replica.validators))
    }
  }

  /// The changes of the validators.
  public var handovers: [Handover] {
    events.compactMap { if case .validatorsChanged(let handover) = $0 { handover } else { nil } }
  }

  /// What a follower at a version is handed, if it trusts the genesis alone.
  public func published(after version: UInt64) -> PublishedVersion {
    PublishedVersion(
      certificate: replica.tasks[network.task]?.certificate,
      steps: finals.dropFirst(Int(version)).compactMap { blobs[$0.step] }, handovers: handovers)
  }

  /// The log's records and the blobs, in memory.
  public func engines() async throws -> (log: InMemoryLog, blobs: InMemoryBlobStore) {
    let log = InMemoryLog(network: network.network)
    let store = InMemoryBlobStore()
    try await fill(log, store)
    return (log, store)
  }

  /// Writes the log's records and the blobs into engines.
  public func fill(_ log: any LogEngine, _ store: any BlobStore) async throws {
    for envelope in envelopes {
      _ = try await log.append([LogAppend(id: envelope.id, bytes: envelope.wireBytes)])
    }
    for blob in blobs.values { _ = try await store.put(blob) }
  }

  private mutating func append(_ envelope: Envelope) throws {
    guard known.insert(envelope.id).inserted else { return }
    envelopes.append(envelope)
    let record = Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)
    events += replica.apply(record)
    guard replica.conservesUnits else {
      throw Violation(description: "units after \(envelopes.count) records")
    }
    for index in validators.indices {
      errands += validators[index].handle(.record(record)).map { (index, $0) }
    }
  }

  private mutating func deliver(_ event: Validator.Event, to index: Int) {
    errands += validators[index].handle(event).map { (index, $0) }
  }

  private mutating func carryOut(_ directive: Validator.Directive, of index: Int) async throws {
    let reference = network.references[index]
    switch directive {
    case .order(let envelope), .commit(_, let envelope): try append(try altered(envelope, by: index))
    case .fetchFirstWeights(let task, let offer):
      let blob = blobs[offer.specification.firstWeights] ?? []
      deliver(.firstWeights(task: task, FlatWeights.decode(blob)), to: index)
    case .fetchPackets(let task, let window, let digests):
      var packets: [Digest: [UInt8]] = [:]
      for digest in digests where late[index]?.contains(digest) != true { packets[digest] = blobs[digest] }
      late[index] = nil
      deliver(.packets(task: task, window: window, packets), to: index)
    case .measureRoots(let task, let window, let weights):
      let roots = try await RootUpdates.measured(by: reference.byLabel, at: weights)
      deliver(.rootsMeasured(task: task, window: window, roots), to: index)
    case .measureCredits(let task, let version, let merge):
      let credits = try await AumannShapley().credits(of: merge, by: reference.whole)
      deliver(.creditsMeasured(task: task, version: version, credits), to: index)
    case .store(let step): blobs[Digest(of: step, in: .blob)] = step
    case .keep(let memory, isAwaited: true):
      named[memory.state.model.number] = memory.state
      handOverStates()
    case .findState(_, _, let versions):
      searching[index] = versions.lowerBound
      handOverStates()
    case .announce, .keep, .watch: break
    case .decline(_, let reason): declined.append((index, reason))
    case .halt(_, let reason): halts.append((index, reason))
    case .report(let message): reports.append((index, message))
    }
  }

  /// Hands the newest state that was named to everyone who can go on from it.
  private mutating func handOverStates() {
    guard let newest = named.max(by: { $0.key < $1.key }) else { return }
    for (index, oldest) in searching.sorted(by: { $0.key < $1.key }) where newest.key >= oldest {
      searching[index] = nil
      deliver(.stateFound(newest.value, nil), to: index)
    }
  }

  /// A random row of a window.
  private mutating func lie(_ window: UInt64) -> Assessment {
    var count = 0
    for case .seedDrawn(_, window, _, let updates) in events { count = updates.count }
    let cells = (0..<count).map { _ in
      let verdict = Verdict(code: UInt8(random.integer(below: 3) * 7)) ?? .admit
      let wild: Int64 = verdict.isAdmit ? 0 : Int64(random.integer(below: 1 << 30))
      return Assessment.Cell(
        verdict: verdict, trust: UInt16(random.integer(below: 65_536)),
        clip: UInt16(random.integer(below: 65_536)), measured: wild, limit: wild / 2)
    }
    return Assessment(
      network: network.network, task: network.task, window: window, cells: cells, salt: .zero)
  }

  /// What a validator's conduct makes of an envelope.
  private mutating func altered(_ envelope: Envelope, by index: Int) throws -> Envelope {
    let key = network.validatorKeys[index]
    switch try Transaction(envelope) {
    case .assessment(let row) where conducts[index] == .honest:
      honestRows[row.window, default: []].append(row)
      return envelope
    case .assessmentCommitment(let message) where conducts[index] == .lying:
      let row = lie(message.window)
      lies[index, default: [:]][message.window] = row
      return Transaction.assessmentCommitment(AssessmentCommitment(to: row, by: key.publicKey)).signed(
        by: key)
    case .assessment(let row) where conducts[index] == .lying:
      return Transaction.assessment(lies[index]?[row.window] ?? row).signed(by: key)
    case .attestation(let message) where conducts[index] == .lying:
      let credits = CreditRow(
        credits: message.credits.credits.map { _ in Int64(bitPattern: random.next()) >> 4 },
        lossBefore: Int64(bitPattern: random.next()) >> 4, lossAfter: Int64(bitPattern: random.next()) >> 4)
      let header = try Attestation(opening: message.attestation).header
      let attestation = Attestation(header: header, credits: credits.digest).signed(by: key)
      return Transaction.attestation(
        CreditedAttestation(network: message.network, attestation: attestation, credits: credits)
      ).signed(by: key)
    default: return envelope
    }
  }
}
