import Agents
import Ledger
import Wire

/// What a network has published, as far as a gateway hands it out: tasks, versions, and the blobs that belong
/// to them. Packets are not published.
struct Publications: Sendable {
  /// One final version.
  struct Version: Sendable {
    let header: VersionHeader
    /// The encoded certificate; nil once it is no longer kept.
    var certificate: [UInt8]?
    /// The log record that made it final.
    let position: UInt64
  }

  /// The weights of a version, for newcomers.
  struct Checkpoint: Sendable {
    let version: UInt64
    let blob: Digest
    let bytes: Int
  }

  /// One task.
  struct Task: Sendable {
    /// The author's envelope.
    let creation: Envelope
    let offer: TaskOffer
    /// Version 1 first.
    var versions: [Version] = []
    /// The newest last.
    var checkpoints: [Checkpoint] = []
    /// The accounts that the newest version's header covers.
    var provable: Accounts?
    /// The accounts when the version was decided that is not final yet.
    var decided: Accounts?
  }

  private let certificates: Int
  private(set) var tasks: [Digest: Task] = [:]
  /// The blobs that anyone may have.
  private(set) var blobs: Set<Digest> = []

  init(certificates: Int) {
    self.certificates = certificates
  }

  /// Notes what a record did.
  ///
  /// - Returns: whether a version became final
  mutating func note(
    _ events: [ReplicaEvent], envelope: Envelope?, position: UInt64, replica: Replica
  ) -> Bool {
    var isNews = false
    for event in events {
      switch event {
      case .taskOpened(let id):
        guard let envelope, let offer = try? TaskOffer(opening: envelope, network: replica.network) else {
          continue
        }
        tasks[id] = Task(creation: envelope, offer: offer)
        blobs.insert(offer.specification.firstWeights)
      case .mergeDecided(let plan, _): tasks[plan.task]?.decided = replica.accounts
      case .versionFinal(let header, let certificate):
        add(Version(header: header, certificate: certificate.wireBytes, position: position))
        isNews = true
      default: break
      }
    }
    return isNews
  }

  /// Publishes a checkpoint of a version after the last one, and lists the newest.
  mutating func add(_ checkpoint: Checkpoint, to task: Digest, listed: Int) {
    let earlier = tasks[task]?.checkpoints ?? []
    guard checkpoint.version > earlier.last?.version ?? 0 else { return }
    blobs.insert(checkpoint.blob)
    let all = earlier + [checkpoint]
    tasks[task]?.checkpoints = all.suffix(listed)
  }

  private mutating func add(_ version: Version) {
    let id = version.header.task
    blobs.insert(version.header.step)
    tasks[id]?.versions.append(version)
    let expired = (tasks[id]?.versions.count ?? 0) - certificates - 1
    if expired >= 0 { tasks[id]?.versions[expired].certificate = nil }
    let decided = tasks[id]?.decided
    // Older accounts prove nothing against a newer certificate.
    tasks[id]?.provable = decided?.tree.root == version.header.accountsRoot ? decided : nil
    tasks[id]?.decided = nil
  }

  /// The newest certificate of any task that covers the accounts, with them.
  func newestProvable(task: Digest?) -> (accounts: Accounts, certificate: [UInt8])? {
    let found = tasks.values.compactMap { entry -> (accounts: Accounts, version: Version)? in
      guard task == nil || entry.offer.id == task, let accounts = entry.provable,
        let version = entry.versions.last
      else { return nil }
      return (accounts, version)
    }
    guard let newest = found.max(by: { $0.version.position < $1.version.position }),
      let certificate = newest.version.certificate
    else { return nil }
    return (newest.accounts, certificate)
  }
}
