import Agents
import Aggregation
import Learning
import Numerics
import Wire

// What hostile contributors make of their training.
extension LearningSimulation {
  /// Turns an honest result into what the contributor's group sends, and hands that to its node.
  mutating func poison(_ result: TrainingResult, from weights: [Float], of index: Int) async throws {
    let group = federation.members[index].group
    guard var collusion = collusions[group] else { return }
    let version = recorder.version
    var context = collusion.context(
      of: index, honestDelta: Kernels.difference(result.weights, weights), view: recorder.view,
      version: version)
    if collusion.asksTheRule(at: version) { context.rule = try await rule(against: context) }
    var attackRandom = SeededRandom(seed: random.next())
    let deltas = (0..<collusion.attack.updatesPerVersion).map { _ in
      collusion.attack.delta(context, using: &attackRandom)
    }
    collusions[group] = collusion
    if let directives = flooders[index]?.flood(deltas) {
      for directive in directives { carryOut(directive, of: index) }
    } else if let delta = deltas.first {
      var sent = result
      sent.weights = Kernels.sum(weights, delta)
      for directive in contributors[index]?.handle(.trained(sent)) ?? [] { carryOut(directive, of: index) }
    }
  }

  private func rule(against context: AttackContext) async throws -> AttackedRule? {
    guard let offer, let weights = recorder.weights else { return nil }
    return try await federation.rule(against: context, at: weights, policy: settings.merge, seed: offer.id)
  }
}

extension Federation {
  /// A task's rule as the first validator would apply it to what the attackers know, with its own reference
  /// set; nil while they know nothing.
  func rule(
    against context: AttackContext, at weights: [Float], policy: MergePolicy, seed: Digest
  ) async throws -> AttackedRule? {
    guard let judge = judges.first, !context.honestUpdates.isEmpty else { return nil }
    let roots = try await RootUpdates.measured(by: judge.rootTrainers, at: weights)
    return try AttackedRule(policy, honest: context.honestUpdates, roots: roots, seed: seed)
  }
}
