import Agents
import Aggregation
import Attribution
import Engines
import Learning
import Ledger
import Numerics
import Wire

/// Does the nodes' work, and knows what hostile contributors know.
struct Workshop: Sendable {
  private let cast: FaultCast
  private var collusions: [String: Collusion]
  private var random: SeededRandom
  private var view = RunRecorder.View()
  /// The newest version that any validator has computed.
  private var model: ModelVersion?

  init(_ cast: FaultCast) {
    self.cast = cast
    collusions = cast.federation.collusions(windowUpdates: cast.plan.windowSize)
    random = SeededRandom(seed: cast.plan.seed, stream: 2)
  }

  /// How long work takes, in seconds.
  mutating func seconds(of work: Work) -> Double {
    switch work {
    case .train: 0.2 + 0.4 * random.uniform()
    case .measureRoots, .measureCredits: 0.02 + 0.1 * random.uniform()
    case .recompute: 0.5
    }
  }

  /// Looks at a version that a validator has computed.
  mutating func note(_ state: ModelState) {
    let before = model?.weights ?? cast.firstWeights
    guard state.model.number > model?.number ?? 0 else { return }
    model = state.model
    view.steps = Array((view.steps + [Kernels.difference(state.model.weights, before)]).suffix(8))
  }

  /// Does a piece of work.
  ///
  /// - Parameters:
  ///   - work: what is asked for
  ///   - node: who asks
  ///   - records: the log
  ///   - blobs: what is stored
  mutating func perform(
    _ work: Work, for node: NodeID, records: [LogRecord], blobs: [Digest: [UInt8]]
  ) async throws -> Outcome {
    switch work {
    case .train(let weights, let configuration): return await train(node.index, weights, configuration)
    case .measureRoots(let task, let window, let weights):
      let trainers = cast.federation.judges[node.index].rootTrainers
      let roots = try await RootUpdates.measured(by: trainers, at: weights)
      return .rootsMeasured(task: task, window: window, roots)
    case .measureCredits(let task, let version, let merge):
      let credits = try await AumannShapley().credits(
        of: merge, by: cast.federation.judges[node.index].trainer)
      return .creditsMeasured(task: task, version: version, credits)
    case .recompute(let versions):
      return .recomputed(
        try await recompute(versions, records, blobs, by: cast.federation.judges[node.index].key))
    }
  }

  private mutating func train(
    _ index: Int, _ weights: [Float], _ configuration: TrainingConfiguration
  ) async -> Outcome {
    let member = cast.federation.members[index]
    do {
      var result = try await member.trainer.train(weights, configuration)
      let delta = Kernels.difference(result.weights, weights)
      guard var collusion = collusions[member.group] else {
        view.updates = view.updates.filter { $0.sender != index }.suffix(cast.plan.windowSize - 1)
        view.updates.append((index, delta))
        return .trained(result, deltas: [])
      }
      let version = model?.number ?? 0
      var context = collusion.context(of: index, honestDelta: delta, view: view, version: version)
      if collusion.asksTheRule(at: version) {
        context.rule = try await cast.federation.rule(
          against: context, at: model?.weights ?? cast.firstWeights,
          policy: cast.offer.specification.merge, seed: cast.offer.id)
      }
      let deltas = (0..<collusion.attack.updatesPerVersion).map { _ in
        collusion.attack.delta(context, using: &random)
      }
      collusions[member.group] = collusion
      result.weights = Kernels.sum(weights, deltas.first ?? delta)
      return .trained(result, deltas: deltas)
    } catch {
      return .trainingFailed("\(error)")
    }
  }

  private func recompute(
    _ versions: ClosedRange<UInt64>, _ records: [LogRecord], _ blobs: [Digest: [UInt8]], by key: SigningKey
  ) async throws -> [ModelState] {
    let store = InMemoryBlobStore()
    for blob in blobs.values { _ = try await store.put(blob) }
    var replay = NetworkReplay(cast.genesis, blobs: store, key: key)
    var states: [ModelState] = []
    for record in records {
      try await replay.apply(record)
      guard let state = replay.models[cast.offer.id], versions.contains(state.model.number),
        state.model.number != states.last?.model.number
      else { continue }
      states.append(state)
    }
    return states.reversed()
  }
}
