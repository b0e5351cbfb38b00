import Agents
import Aggregation
import Learning
import Ledger
import Wire

/// The task that everyone in a simulation works on, as its author opens it.
struct TaskOpening: Sendable {
  let firstWeights: [Float]
  let envelope: Envelope
  let offer: TaskOffer

  init(_ federation: Federation, _ settings: RunSettings, genesis: Genesis) throws {
    firstWeights = federation.specification.initialWeights(seed: settings.seed)
    let specification = TaskSpecification(
      name: settings.taskName, trainer: .native(federation.specification.description),
      parameterCount: UInt64(firstWeights.count),
      firstWeights: Digest(of: FlatWeights.encode(firstWeights), in: .blob),
      firstParametersRoot: ChunkTree.over(firstWeights).root, training: settings.training,
      merge: settings.merge, reward: settings.reward, privacy: settings.privacy)
    envelope = Transaction.taskCreation(
      TaskCreation(
        network: genesis.network, nonce: 0, specification: specification, escrowUnits: settings.escrowUnits)
    ).signed(by: federation.author)
    offer = try TaskOffer(opening: envelope, network: genesis.network)
  }
}
