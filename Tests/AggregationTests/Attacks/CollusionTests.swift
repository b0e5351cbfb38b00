import Numerics
import Testing
import Updates

@testable import Aggregation

/// What attackers do together, over versions and identities.
struct CollusionTests {
  @Test(arguments: [PacketForm.sparse(keptPerChunk: 64), .sparse(keptPerChunk: 512), .dense8])
  func aDisguiseIsEnoughAgainstTheCheckForCopies(form: PacketForm) throws {
    for seed in UInt64(0)..<3 {
      let honest = AttackSupport.gaussian(count: 12, length: 9_000, seed: seed)
      for disguise in [0, ColludingAttack.usualDisguise] as [Float] {
        var random = SeededRandom(seed: seed, stream: 1)
        var attack = ColludingAttack(InnerProductManipulation(), disguise: disguise)
        var window = Support.Window()
        window.parameterCount = 9_000
        window.roots = [honest[0].map { -$0 }]
        window.policy.upForm = form
        for (number, update) in honest.enumerated() {
          try window.add(update, contributor: number, form: form)
        }
        for number in 0..<5 {
          let sent = attack.delta(AttackSupport.context(honest), using: &random)
          try window.add(sent, contributor: 50 + number, form: form)
        }
        let reasons = try window.judged()[12...].map(\.reason)
        let copies = reasons.count { $0 == .nearCopy || $0 == .duplicate }
        #expect(copies == (disguise == 0 ? 4 : 0), "seed \(seed), \(form), disguise \(disguise): \(reasons)")
      }
    }
  }

  @Test func colludersAgreeOnceAVersion() {
    let (early, late) = (AttackSupport.updates(seed: 1), AttackSupport.updates(seed: 2))
    var random = SeededRandom(seed: 1)
    var attack = ColludingAttack(InnerProductManipulation(), disguise: 0)
    let first = attack.delta(AttackSupport.context(early, version: 3), using: &random)
    #expect(attack.delta(AttackSupport.context(late, version: 3), using: &random) == first)
    let next = attack.delta(AttackSupport.context(late, version: 4), using: &random)
    #expect(next == InnerProductManipulation().vector(AttackSupport.context(late)))
    #expect(next != first)
  }

  @Test func theSameSeedGivesTheSameUpdates() {
    let attacks: [any UpdateAttack] = [
      SignFlipAttack(), ScalingAttack(factor: 10), NoiseAttack(relativeNorm: 1),
      CopycatAttack(relativeNoise: 0.05), ReplayAttack(), FreeRiderAttack(relativeNoise: 0.01),
      ColludingAttack(LittleIsEnough()), ColludingAttack(InnerProductManipulation()),
      ColludingAttack(MinMax()), ColludingAttack(MinSum()), ColludingAttack(Mimic()),
      ColludingAttack(Drift()), ColludingAttack(OptimisedStrategy(LittleIsEnough())), SybilAttack(),
      FloodingAttack(),
    ]
    for attack in attacks {
      let runs = (0..<2).map { _ in
        var (attack, random) = (attack, SeededRandom(seed: 9))
        return (UInt64(0)..<4).map { version in
          let honest = AttackSupport.updates(seed: 20 + version)
          var context = AttackSupport.context(honest, version: version)
          context.rule = AttackedRule { ($0 + honest).mean }
          return attack.delta(context, using: &random)
        }
      }
      #expect(runs[0] == runs[1], "\(attack.name)")
      #expect(runs[0].allSatisfy { $0.count == 5 && Kernels.allFinite($0) }, "\(attack.name)")
    }
  }

  @Test func mimicRepeatsWhoStandsOut() {
    for seed in UInt64(0)..<10 {
      var random = SeededRandom(seed: seed)
      let odd = random.gaussianVector(count: 400, deviation: 0.03)
      var mimic = Mimic()
      for version in UInt64(0)..<6 {
        var honest = AttackSupport.gaussian(count: 9, length: 400, seed: 100 * seed + version)
        honest[4] = Kernels.sum(honest[4], odd)
        // Others are visible each time, in another order.
        var order = (0..<9).filter { $0 == 4 || ($0 + Int(version)) % 3 > 0 }
        random.shuffle(&order)
        var context = AttackSupport.context(order.map { honest[$0] }, version: version)
        context.honestSenders = order
        #expect(mimic.vector(context) == honest[4], "seed \(seed), version \(version)")
        #expect(mimic.victim == 4)
      }
    }
  }

  @Test func driftLeansToOneSideInEveryVersion() throws {
    let lean: Float = 0.5
    var drift = Drift(lean: lean)
    var directions: [[Float]] = []
    for version in UInt64(0)..<8 {
      let honest = AttackSupport.gaussian(count: 6, length: 200, seed: 40 + version)
      let mean = honest.mean
      let added = Kernels.difference(drift.vector(AttackSupport.context(honest, version: version)), mean)
      #expect(abs(Kernels.norm(added) / Kernels.norm(mean) - Double(lean)) < 1e-4)
      directions.append(added)
    }
    let first = AttackSupport.gaussian(count: 6, length: 200, seed: 40).mean
    for direction in directions { #expect(Kernels.cosine(direction, first) < -0.9999) }
  }

  @Test(arguments: [1, 2, 7, 20]) func sybilPartsSumToTheWhole(identities: Int) {
    let honest = AttackSupport.gaussian(count: 8, length: 10_000, seed: 3)
    var attack = SybilAttack(InnerProductManipulation(strength: 1))
    var random = SeededRandom(seed: 1)
    let parts = (0..<identities).map { identity in
      var context = AttackSupport.context(honest)
      context.colluders = identities
      context.ownIndex = identity
      return attack.delta(context, using: &random)
    }
    let whole = honest.mean.map { -Float(identities) * $0 }
    var sum = [Float](repeating: 0, count: whole.count)
    for part in parts { Kernels.axpy(1, part, &sum) }
    #expect(sum == whole)
    for index in whole.indices { #expect(parts.count { $0[index] != 0 } == 1) }
    for part in parts {
      // Every identity has its share of every chunk.
      let held = part[..<4_096].count { $0 != 0 }
      #expect(abs(held - 4_096 / identities) < 150, "\(held) of 4096 with \(identities) identities")
    }
  }

  @Test func aFloodIsNoCopy() {
    let honest = AttackSupport.gaussian(count: 2, length: 5_000, seed: 8)
    var random = SeededRandom(seed: 2)
    let attack = FloodingAttack(updatesPerVersion: 4)
    let sent = (0..<attack.updatesPerVersion).map { _ in
      attack.delta(AttackContext(honestDelta: honest[0]), using: &random)
    }
    for (index, update) in sent.enumerated() {
      #expect(Kernels.cosine(update, honest[0]) < -0.9)
      for other in sent[..<index] { #expect(Kernels.cosine(update, other) < 0.96) }
    }
  }
}
