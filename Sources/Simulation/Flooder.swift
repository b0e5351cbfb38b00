import Agents
import Aggregation
import Ledger
import Updates
import Wire

/// A contributor's node that breaks the protocol: it sends many updates from one version.
///
/// An honest node inside registers and follows the model. What it trains is never given back to it: the
/// flooder packs, signs and orders by itself.
struct Flooder: Sendable {
  private let key: SigningKey
  private let seal: PacketSeal
  private let offer: TaskOffer
  private var node: Contributor
  private var sequence: UInt64 = 0
  /// Updates whose commitments are ordered, by the commitment's identifier.
  private var committed: [Digest: PackedUpdate] = [:]

  /// Wraps an honest node.
  init(_ node: Contributor, key: SigningKey, genesis: Genesis, offer: TaskOffer) {
    self.node = node
    self.key = key
    seal = PacketSeal(offer, network: genesis.network)
    self.offer = offer
  }

  /// Takes an event, and says what is to be done.
  mutating func handle(_ event: Contributor.Event) -> [Contributor.Directive] {
    switch event {
    case .accepted(let id):
      guard let update = committed.removeValue(forKey: id) else { return node.handle(event) }
      return [.upload(packet: update.packet, submission: update.submission)]
    case .refused(let id, let reason):
      committed[id] = nil
      let directives = node.handle(event)
      return directives.isEmpty ? [.report("update refused: \(reason)")] : directives
    default: return node.handle(event)
    }
  }

  /// Sends all of these, and goes back to following the model.
  mutating func flood(_ deltas: [[Float]]) -> [Contributor.Directive] {
    var directives: [Contributor.Directive] = []
    let rotation = Rotation(task: seal.task, contributor: key.publicKey, baseVersion: node.version)
    for delta in deltas {
      guard let quanta = try? FixedPoint.quantize(delta) else { continue }
      sequence += 1
      let update = PackedUpdate(
        Payload(encoding: quanta, form: offer.specification.merge.upForm, rotation: rotation),
        base: node.version, sequence: sequence, under: seal, to: node.validators, by: key)
      committed[update.commitment.id] = update
      directives.append(.order(update.commitment))
    }
    _ = node.handle(.trainingFailed("what it came to is sent otherwise"))
    // Whatever became final meanwhile is to be trained on.
    return directives + node.handle(.announced(version: node.version))
  }
}
