import Agents
import Aggregation
import Engines
import Ledger
import Updates
import Wire

/// A task's model, recomputed from its first weights by the log's plans: the last resort of whoever finds no
/// snapshot.
struct RecomputedState {
  private let offer: TaskOffer
  private var replica: Replica
  private(set) var state: ModelState
  private var pending: Recomputation?

  init(_ offer: TaskOffer, genesis: Genesis, firstWeights: [Float]) throws {
    self.offer = offer
    replica = Replica(genesis)
    state = try ModelState(task: offer.id, initialWeights: firstWeights)
  }

  /// Goes on by the log's next record.
  ///
  /// - Parameter packet: fetches a packet
  /// - Throws: `AgentError.version` if a version comes out otherwise than it was certified
  mutating func apply(
    _ record: LogRecord, packet: (Digest) async throws -> [UInt8]
  ) async throws {
    for event in replica.apply(Replica.CheckedRecord(record.bytes, id: record.id)) {
      switch event {
      case .mergeDecided(let plan, let template) where plan.task == offer.id:
        var payloads: [Digest: Payload] = [:]
        for entry in plan.entries {
          let bytes = try await packet(entry.packet)
          payloads[entry.packet] =
            try Packet(wireBytes: bytes, limit: UpdateLimits.messageBytesLimit).payload
        }
        pending = try Recomputation(
          plan, template: template, onto: state, payloads: payloads, policy: offer.specification.merge)
      case .versionFinal(let header, _) where header.task == offer.id:
        guard let own = pending, own.header == header else {
          throw AgentError.version("version \(header.version) comes out otherwise than it was certified")
        }
        state = own.state
      default: break
      }
    }
  }
}
