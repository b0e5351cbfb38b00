import Agents
import Aggregation
import Engines
import Ledger
import Numerics
import Wire

/// Runs a whole network under a virtual clock while everything that can fail does, and checks what always
/// holds after every event.
///
/// Gateways, validators and contributors are the values that run in the daemons. A plan gives one run on any
/// machine.
struct FaultSimulation {
  /// What a run that kept all invariants came to.
  struct Summary: Sendable, Equatable {
    var events = 0
    var records = 0
    var versions: UInt64 = 0
    var crashes = 0
    var seconds = 0.0
    var encounters: [Encounter: Int] = [:]
  }

  private enum Event: Sendable {
    case input(NodeID, NodeInput)
    /// What a life of a node set itself to do, or worked on.
    case own(NodeID, life: Int, NodeInput)
    case start(NodeID)
    case fault(FaultPlan.Fault)
    case heal([NodeID])
    case calm
  }

  /// Versions that have to become final once the faults have stopped.
  private static let versionsAfterwards: UInt64 = 2
  /// How long they may take, in virtual seconds.
  private static let patienceSeconds = 240.0
  /// How long a network is watched after the last fault whose versions need not go on.
  private static let quietSeconds = 12.0

  private let cast: FaultCast
  private var queue = EventQueue<Event>()
  private var links: SimulatedLinks
  private var workshop: Workshop
  private var invariants: FaultInvariants
  private var random: SeededRandom
  private var nodes: [NodeID: any SimulatedNode] = [:]
  private var disks: [NodeID: SimulatedDisk]
  private var lives: [NodeID: Int] = [:]
  private var steps: [NodeID: Int] = [:]
  private var crashes: [NodeID: [Int: Double]] = [:]
  private var clockRates: [NodeID: Double] = [:]
  private var known: [Digest: OrderedRecord] = [:]
  /// The version that each node has got to.
  private var reached: [NodeID: UInt64] = [:]
  private var waitingForOperators: Set<NodeID> = []
  /// Whether enough honest weight is there for versions to go on.
  private let goesOn: Bool
  private var calmVersion: UInt64?
  private var summary = Summary()

  init(_ plan: FaultPlan, flaw: Flaw? = nil) throws {
    cast = try FaultCast(plan, flaw: flaw)
    links = SimulatedLinks(plan.links, random: SeededRandom(seed: plan.seed, stream: 3))
    workshop = Workshop(cast)
    invariants = FaultInvariants(cast)
    random = SeededRandom(seed: plan.seed, stream: 4)
    goesOn = plan.hasHonestSupermajority(without: plan.forgetfulValidators)
    disks = cast.makeDisks()
    for node in plan.nodes { queue.push(.start(node), at: 0) }
    for fault in plan.faults { schedule(fault) }
    queue.push(.calm, at: plan.calmSeconds)
  }

  private mutating func schedule(_ fault: FaultPlan.Fault) {
    switch fault {
    case .crash(let node, let step, let seconds): crashes[node, default: [:]][step] = seconds
    case .drift(let node, let percent): clockRates[node] = Double(percent) / 100
    case .powerCut(let seconds, _), .flippedBit(_, let seconds), .partition(_, let seconds, _),
      .lostDisk(_, let seconds, _):
      queue.push(.fault(fault), at: seconds)
    }
  }

  /// Runs until versions have gone on for a while after the last fault.
  ///
  /// - Throws: `FaultFailure` if an invariant did not hold, or whatever kept the simulation itself from going
  ///   on
  mutating func run() async throws -> Summary {
    do {
      while !isOver, let next = queue.pop() {
        summary.events += 1
        summary.seconds = next.seconds
        try await handle(next.event)
        try checkLiveness()
      }
      try await checkReplay()
    } catch let violation as FaultViolation {
      throw FaultFailure(
        plan: cast.plan, invariant: violation.invariant, detail: violation.detail, event: summary.events,
        seconds: summary.seconds)
    }
    summary.records = invariants.records
    summary.versions = invariants.version
    summary.encounters = invariants.encounters
    return summary
  }

  private mutating func handle(_ event: Event) async throws {
    switch event {
    case .input(let node, let input): try await give(input, to: node)
    case .own(let node, let life, let input):
      if lives[node, default: 0] == life { try await give(input, to: node) }
    case .start(let node): try await start(node)
    case .fault(let fault): try befall(fault)
    case .heal(let nodes): links.islands.removeAll { $0 == Set(nodes) }
    case .calm:
      links.quality = .calm
      links.islands = []
      crashes = [:]
      calmVersion = invariants.version
    }
  }

  // MARK: nodes

  private func clock(of node: NodeID) -> Double { summary.seconds * (clockRates[node] ?? 1) }

  private mutating func start(_ node: NodeID) async throws {
    guard nodes[node] == nil else { return }
    nodes[node] = cast.makeNode(node)
    try await give(.started(life: lives[node] ?? 0, known: known), to: node)
  }

  // The disk is let go of before it changes, so that it changes in place.
  private mutating func effects(of input: NodeInput, on node: NodeID) -> [Effect] {
    let clock = clock(of: node)
    guard let disk = disks[node] else { return [] }
    return nodes[node]?.handle(input, disk, clock: clock) ?? []
  }

  private mutating func give(_ input: NodeInput, to node: NodeID) async throws {
    for effect in effects(of: input, on: node) {
      if case .note(let observation) = effect {
        try note(observation, by: node)
        continue
      }
      steps[node, default: 0] += 1
      if let downSeconds = crashes[node]?.removeValue(forKey: steps[node] ?? 0) {
        return try crash(node, for: downSeconds)
      }
      try await carryOut(effect, of: node)
    }
  }

  private mutating func carryOut(_ effect: Effect, of node: NodeID) async throws {
    switch effect {
    case .write(let change): disks[node]?.apply(change)
    case .sync(let file): disks[node]?.sync(file)
    case .send(let message, let receiver):
      for delay in links.delays(from: node, to: receiver) {
        queue.push(.input(receiver, .message(message, from: node)), at: summary.seconds + delay)
      }
    case .alarm(let alarm, let seconds):
      let place = summary.seconds + seconds / (clockRates[node] ?? 1)
      queue.push(.own(node, life: lives[node] ?? 0, .alarm(alarm)), at: place)
    case .work(let work):
      let isReplay = if case .recompute = work { true } else { false }
      let outcome = try await workshop.perform(
        work, for: node, records: isReplay ? logRecords : [], blobs: isReplay ? blobs : [:])
      let place = summary.seconds + workshop.seconds(of: work)
      queue.push(.own(node, life: lives[node] ?? 0, .worked(outcome)), at: place)
    case .note: break
    }
  }

  private mutating func note(_ observation: Observation, by node: NodeID) throws {
    try invariants.note(observation, by: node, blobs: disks[.blobs] ?? SimulatedDisk())
    switch observation {
    case .applied(let ordered, let replica):
      known[ordered.record.chain] = ordered
      reached[node] = replica.tasks[cast.offer.id]?.version
    case .computed(let state): workshop.note(state)
    case .holds(let version): reached[node] = version
    case .awaitsOperator: waitingForOperators.insert(node)
    case .restored, .promised, .stopped, .misled, .met: break
    }
  }

  // MARK: faults

  private mutating func befall(_ fault: FaultPlan.Fault) throws {
    switch fault {
    case .powerCut(_, let seconds):
      for node in cast.plan.nodes { try crash(node, for: seconds) }
    case .partition(let islanders, _, let end):
      links.islands.append(Set(islanders))
      queue.push(.heal(islanders), at: end)
    case .flippedBit(let node, _):
      disks[node]?.flipBit(using: &random) { node != .blobs || BlobServer.maySpoil($0) }
      try invariants.checkBlobs(on: disks[.blobs] ?? SimulatedDisk())
    case .lostDisk(let node, _, let seconds):
      try crash(node, for: seconds)
      disks[node]?.erase()
    case .crash, .drift: break
    }
  }

  private mutating func crash(_ node: NodeID, for seconds: Double) throws {
    guard nodes.removeValue(forKey: node) != nil else { return }
    summary.crashes += 1
    lives[node, default: 0] += 1
    disks[node]?.crash(using: &random)
    queue.push(.start(node), at: summary.seconds + seconds)
    if node == .blobs { try invariants.checkBlobs(on: disks[.blobs] ?? SimulatedDisk()) }
  }

  // MARK: the end

  /// Whether everybody who is honest has come as far as it has to.
  private var isReached: Bool {
    guard let calmVersion else { return false }
    let goal = calmVersion + Self.versionsAfterwards
    return cast.plan.nodes.allSatisfy { node in
      let version = reached[node] ?? 0
      switch node.role {
      case .log, .blobs: return true
      case .gateway: return version >= goal
      case .validator:
        let isAwaited = cast.plan.validators[node.index].conduct == .honest
        return version >= goal || !isAwaited || waitingForOperators.contains(node)
      case .contributor: return version >= goal - 1 || !cast.federation.members[node.index].isHonest
      }
    }
  }

  private var isOver: Bool {
    isReached || !goesOn && summary.seconds > cast.plan.calmSeconds + Self.quietSeconds
  }

  private func checkLiveness() throws(FaultViolation) {
    guard summary.seconds > cast.plan.calmSeconds + Self.patienceSeconds, !isOver else { return }
    let places = cast.plan.nodes.compactMap { node in reached[node].map { "\(node): \($0)" } }
    throw FaultViolation(
      invariant: .liveness,
      detail:
        "\(Int(Self.patienceSeconds)) s after the last fault version \(invariants.version) is final, from "
        + "\(calmVersion ?? 0) on; the task is \(phase); " + places.joined(separator: ", "))
  }

  private var phase: String {
    guard let task = invariants.state.tasks[cast.offer.id] else { return "absent" }
    return "\(task.phase.rawValue), with \(task.collectedUpdates) updates for the next window"
  }

  private var logRecords: [LogRecord] {
    let start = LogHead(length: 0, chain: cast.genesis.network)
    return RecordFrames.decode(disks[.log]?[LogCopy.file] ?? [], after: start, known: known).records
      .map(\.record)
  }

  private var blobs: [Digest: [UInt8]] { BlobServer.contents(of: disks[.blobs] ?? SimulatedDisk()) }

  /// Replays the log and recomputes every version from the blobs, as an auditor would.
  private func checkReplay() async throws {
    let store = InMemoryBlobStore()
    for blob in blobs.values { _ = try await store.put(blob) }
    let key = zip(cast.federation.judges, cast.plan.validators).first { $0.1.conduct == .honest }?.0.key
    var replay = NetworkReplay(cast.genesis, blobs: store, key: cast.plan.privacy == .sealedKept ? key : nil)
    do {
      for record in logRecords.prefix(invariants.records) { try await replay.apply(record) }
    } catch {
      throw FaultViolation(invariant: .replay, detail: "\(error)")
    }
    var replica = replay.replica
    replica.flaws = invariants.state.flaws
    guard replica == invariants.state else {
      throw FaultViolation(invariant: .replay, detail: "the replayed state is another")
    }
  }
}

/// A run in which an invariant did not hold.
public struct FaultFailure: Error, Sendable, CustomStringConvertible {
  /// The plan of the run.
  public let plan: FaultPlan
  /// Which invariant.
  public let invariant: Invariant
  /// What was found.
  public let detail: String
  /// After how many events.
  public let event: Int
  /// When, in virtual seconds.
  public let seconds: Double

  /// Invariant, place and finding in one line.
  public var description: String {
    "'\(invariant.rawValue)' does not hold after event \(event), at \(FaultPlan.text(seconds)) s: \(detail)"
  }
}
