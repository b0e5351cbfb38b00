import Agents
import Engines
import Ledger
import Updates
import Wire

/// The network that a load meets: its log so far, and all that contributors and validators are going to send,
/// signed before any clock starts.
///
/// Every task has one window that is decided, so that a quorum's attestations make its version final at
/// whatever moment they are sent, and one that collects. No window closes: each task's holds all that is sent
/// to it.
struct LoadScene {
  /// A version that waits for its attestations.
  struct Publication: Sendable {
    /// The validators' envelopes; the last one makes the version final.
    let attestations: [[UInt8]]
    /// The blob with the version's step.
    let step: Digest
  }

  private static let parameterCount = 1_000_000
  /// As many versions can be published, one a task.
  private static let taskCount = 10
  /// Different payloads; every packet differs in its header.
  private static let payloadCount = 64
  /// The sequence numbers of the contributors' load are above those of the windows before.
  private static let firstSequence: UInt64 = 1 << 20

  let genesis: Genesis
  let network: Digest
  /// The log up to the load: tasks, decided windows, and every contributor's registration.
  let records: [LogAppend]
  let publications: [Publication]
  /// The steps of the publications.
  private let steps: [[UInt8]]
  private let tasks: [PacketSeal]
  private let payloads: [Payload]
  private let contributorCount: Int

  /// Makes up the network.
  init(contributorCount: Int) throws {
    self.contributorCount = contributorCount
    payloads = SampleUpdates.payloads(count: Self.payloadCount, parameterCount: Self.parameterCount)
    steps = payloads.prefix(Self.taskCount).map(\.bytes)
    var driver = try LedgerDriver(
      contributorCount: LedgerDriver.windowSize, strangerCount: contributorCount - LedgerDriver.windowSize,
      parameterCount: UInt64(Self.parameterCount))
    var (tasks, publications): ([Digest], [Publication]) = ([], [])
    for bytes in steps {
      if !tasks.isEmpty {
        try driver.openTask()
        for number in 0..<LedgerDriver.windowSize { try driver.commit(number) }
      }
      let step = Digest(of: bytes, in: .blob)
      let envelopes = driver.attestations(of: try driver.decide(step: step))
      let quorum = envelopes.prefix(envelopes.count * 2 / 3 + 1)
      publications.append(Publication(attestations: quorum.map(\.wireBytes), step: step))
      tasks.append(driver.task)
    }
    for number in LedgerDriver.windowSize..<contributorCount { try driver.register(number) }
    let envelopes = driver.records.compactMap(\.envelope)
    let (genesis, network) = (driver.genesis, driver.replica.network)
    self.tasks = try envelopes.filter { tasks.contains($0.id) }.map {
      PacketSeal(try TaskOffer(opening: $0, network: network), network: network)
    }
    records = envelopes.map { LogAppend(id: $0.id, bytes: $0.wireBytes) }
    (self.genesis, self.network, self.publications) = (genesis, network, publications)
  }

  /// Writes the genesis into a folder.
  func makeFolder(_ path: String) throws -> NetworkFolder {
    let folder = NetworkFolder(path)
    try folder.write(genesis)
    return folder
  }

  /// Puts the log so far and the steps into engines.
  func fill(_ log: some LogEngine, _ blobs: some BlobStore) async throws {
    for start in stride(from: 0, to: records.count, by: log.limits.batchRecords) {
      _ = try await log.append(Array(records[start...].prefix(log.limits.batchRecords)))
    }
    for step in steps { _ = try await blobs.put(step) }
  }

  /// One update of every contributor, as requests. A contributor sends to another task in every round.
  func updates(round: Int) throws -> [UpdateRequests] {
    try (0..<contributorCount).map { try update(of: $0, round: round) }
  }

  private func update(of contributor: Int, round: Int) throws -> UpdateRequests {
    let task = tasks[(contributor + round) % tasks.count]
    let update = PackedUpdate(
      payloads[contributor % payloads.count], base: 0, sequence: Self.firstSequence + UInt64(round),
      under: task, to: genesis.validators, by: try SampleKeys.key(contributor))
    return UpdateRequests(update, to: task.task)
  }
}
