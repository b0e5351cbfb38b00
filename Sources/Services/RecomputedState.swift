import Agents
import Aggregation
import Engines
import Ledger
import Wire

/// A task's model, recomputed from its first weights by the log's plans: the last resort of whoever finds no
/// snapshot.
struct RecomputedState {
  private let task: Digest
  private var replica: Replica
  private var replay: TaskReplay

  /// - Parameter key: a validator's, which opens packets that are sealed to it
  init(
    _ offer: TaskOffer, genesis: Genesis, blobs: any BlobStore, key: SigningKey
  ) async throws(AgentError) {
    task = offer.id
    replica = Replica(genesis)
    replay = try await TaskReplay(offer, network: genesis.network, blobs: blobs, key: key, threads: 1)
  }

  /// The state of the newest version that was recomputed to its certified header.
  var state: ModelState { replay.state }

  /// Goes on by the log's next record.
  ///
  /// - Throws: `AgentError` if a version comes out otherwise than it was certified, or a packet is missing
  mutating func apply(_ record: LogRecord) async throws(AgentError) {
    for event in replica.apply(Replica.CheckedRecord(record.bytes, id: record.id)) {
      switch event {
      case .mergeDecided(let plan, let template) where plan.task == task:
        guard let validators = replica.tasks[task]?.validators(of: plan.window) else { continue }
        try await replay.decided(plan, template, by: validators)
      case .keysReleased(task, let window, let keys): try await replay.released(keys, window: window)
      case .versionFinal(let header, _) where header.task == task: try await replay.finalised(header)
      default: break
      }
    }
  }
}
