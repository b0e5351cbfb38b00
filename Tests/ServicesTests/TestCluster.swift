import Agents
import AgentsTestKit
import Aggregation
import Door
import Engines
import Ledger
import Services
import Testing
import Updates
import Wire

/// A network in memory, whose log the test follows, and to whose windows it sends updates.
actor TestCluster {
  nonisolated let network: TestNetwork
  nonisolated let log: InMemoryLog
  nonisolated let blobs = InMemoryBlobStore()
  nonisolated let place: TemporaryNetwork
  private(set) var replica: Replica
  private(set) var envelopes: [Envelope] = []
  private(set) var refused: [(envelope: Envelope, refusal: Refusal)] = []
  private(set) var finals: [VersionHeader] = []
  private(set) var slashed: [PublicKey] = []
  private var model: ModelVersion
  private var sequence: UInt64 = 0

  init(_ network: TestNetwork) throws {
    self.network = network
    log = InMemoryLog(network: network.network)
    place = try TemporaryNetwork()
    replica = Replica(network.genesis)
    model = try ModelVersion(task: network.task, weights: network.firstWeights)
  }

  /// Opens the task, and registers all contributors if they do not do it themselves.
  func begin(registering: Bool = true) async throws {
    _ = try await blobs.put(FlatWeights.encode(network.firstWeights))
    try await order(network.creation)
    guard registering else { return }
    for index in network.contributorKeys.indices { try await order(network.registration(of: index)) }
  }

  func order(_ envelope: Envelope) async throws {
    _ = try await log.append([LogAppend(id: envelope.id, bytes: envelope.wireBytes)])
  }

  /// Sends honest updates of three contributors from the newest version.
  func fillWindow() async throws {
    try await catchUp()
    sequence += 1
    for index in 0..<3 {
      let upload = try await network.honestUpload(
        by: index, from: model.weights, base: model.number, sequence: sequence, to: replica.validators)
      _ = try await blobs.put(upload.packet)
      try await order(upload.commitment)
      try await order(upload.submission)
    }
  }

  /// Runs windows until a version is final.
  func run(to version: UInt64) async throws {
    while model.number < version {
      try await fillWindow()
      try await waitFor(version: model.number + 1)
    }
  }

  /// Follows the log until a version of the task is final.
  func waitFor(version: UInt64) async throws {
    try await wait { ($0.tasks[$1]?.version ?? 0) >= version }
  }

  /// Follows the log until its replica meets a condition.
  func wait(until condition: @Sendable (Replica, Digest) -> Bool) async throws {
    while true {
      try await catchUp()
      if condition(replica, network.task) { return }
      _ = try await log.waitForHead(beyond: replica.chain.length)
    }
  }

  /// Reads the log to its end.
  func catchUp() async throws {
    while true {
      let page = try await log.read(from: LogPosition(replica.chain.length), limit: 1_000)
      if page.isEmpty { return }
      for record in page where record.position.index == replica.chain.length { try await apply(record) }
    }
  }

  private func apply(_ record: LogRecord) async throws {
    let checked = Replica.CheckedRecord(record.bytes, id: record.id)
    let envelope = try #require(checked.envelope)
    envelopes.append(envelope)
    for event in replica.apply(checked) {
      switch event {
      case .refused(let refusal): refused.append((envelope, refusal))
      case .slashed(let validator, _, _): slashed.append(validator)
      case .versionFinal(let header, _) where header.task == network.task:
        finals.append(header)
        let step = try await blobs.get(header.step)
        try model.apply(try Step(wireBytes: step, limit: 1 << 20))
      default: break
      }
    }
  }

  /// Why validators' orders were refused, but for secrets: a third of them draws the seed, and the others
  /// are on their way by then.
  var late: [Refusal] {
    refused.filter { $0.envelope.kind != Transaction.Kind.seedReveal.rawValue }.map(\.refusal)
  }

  /// What a key has in the log, of one kind.
  func orders(of key: PublicKey, _ kind: Transaction.Kind) async throws -> [Envelope] {
    try await catchUp()
    return envelopes.filter { $0.signer == key && $0.kind == kind.rawValue }
  }

  /// The headers that a key has attested, in the log's order.
  func attested(by key: PublicKey) async throws -> [VersionHeader] {
    try await orders(of: key, .creditedAttestation).map { envelope in
      guard case .attestation(let message) = try Transaction(envelope) else { return nil }
      return try Attestation(opening: message.attestation).header
    }.compactMap(\.self)
  }
}

/// Services of a cluster.
extension TestCluster {
  nonisolated static let pauses = Pauses(firstSeconds: 0.001, longestSeconds: 0.02)

  nonisolated func folder(_ name: String) -> String { place.folder.path + "/" + name }

  /// A validator, with engines of its own if it has any.
  nonisolated func validator(
    _ index: Int, log: (any LogEngine)? = nil, blobs: (any BlobStore)? = nil, events: EventRecorder,
    _ configure: (inout ValidatorService.Configuration) -> Void = { _ in }
  ) -> ValidatorService {
    var configuration = ValidatorService.Configuration(folder: folder("validator-\(index)"))
    configuration.pauses = Self.pauses
    configuration.snapshotVersions = 1
    configuration.noticeVersions = 0
    configure(&configuration)
    let reference = network.references[index]
    return ValidatorService(
      key: network.validatorKeys[index], secretSeed: network.secretSeed(of: index), genesis: network.genesis,
      log: log ?? self.log, blobs: blobs ?? self.blobs, configuration: configuration,
      reference: { _, _ in .init(whole: reference.whole, byGroup: reference.byLabel) },
      report: events.report)
  }
}

/// A service at work, until it is killed.
struct Running {
  let task: Task<Void, any Error>

  init(_ service: ValidatorService) { task = Task { try await service.run() } }
  init(_ service: ContributorService) { task = Task { try await service.run() } }

  /// Stops the service where it stands.
  func kill() async throws {
    task.cancel()
    try await task.value
  }
}

extension TestCluster {
  /// The packets that were submitted for windows, in which three updates each are final.
  func packets(ofWindows windows: Range<Int>) async throws -> Set<Digest> {
    try await catchUp()
    let packets = envelopes.compactMap { envelope -> Digest? in
      guard case .submission(let message)? = try? Transaction(envelope) else { return nil }
      return message.packet
    }
    return Set(packets[(3 * windows.lowerBound)..<(3 * windows.upperBound)])
  }
}
