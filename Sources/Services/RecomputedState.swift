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

  /// - Parameters:
  ///   - key: the validator's, which opens sealed packets
  ///   - fetch: fetches a blob
  init(
    _ offer: TaskOffer, genesis: Genesis, key: SigningKey, fetch: @escaping TaskReplay.Fetch
  ) async throws {
    task = offer.id
    replica = Replica(genesis)
    replay = try await TaskReplay(offer, genesis: genesis, key: key, fetch: fetch)
  }

  /// The newest version that was certified and recomputed.
  var state: ModelState { replay.state }

  /// Goes on by the log's next record.
  ///
  /// - Throws: `AgentError.audit` if a version comes out otherwise than it was certified, or if a blob is not
  ///   there
  mutating func apply(_ record: LogRecord) async throws {
    for event in replica.apply(Replica.CheckedRecord(record.bytes, id: record.id)) {
      switch event {
      case .mergeDecided(let plan, let template) where plan.task == task:
        try await replay.decided(plan, template)
      case .keysReleased(task, let window, let keys): try await replay.released(keys, window: window)
      case .versionFinal(let header, _) where header.task == task: try await replay.finalised(header)
      default: break
      }
    }
  }
}
