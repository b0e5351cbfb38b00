import AgentsTestKit
import Aggregation
import Learning
import Numerics
import Testing
import Updates
import Wire

@testable import Agents

/// Which updates are replaced by canaries, and by what.
struct CanaryTests {
  private let network: TestNetwork

  init() throws { network = try TestNetwork() }

  @Test(arguments: [0, 0.1, 0.5]) func theShareIsKept(share: Double) {
    let canaries = Canaries(share: share)
    let kinds = (0..<4_000 as Range<UInt64>).map {
      canaries.kind(from: $0, of: network.task, by: network.contributorKeys[0])
    }
    let count = kinds.count { $0 != nil }
    // Four deviations of a binomial draw.
    #expect(abs(Double(count) - 4_000 * share) <= 4 * (4_000 * share * (1 - share)).squareRoot())
    for kind in Canaries.Kind.allCases where share > 0 {
      #expect(kinds.count { $0 == kind } > count / 3, "\(kind)")
    }
  }

  @Test func anotherKeyOrTaskDrawsOthers() {
    let canaries = Canaries(share: 0.5)
    func draws(_ key: SigningKey, _ task: Digest) -> [Bool] {
      (0..<64 as Range<UInt64>).map { canaries.kind(from: $0, of: task, by: key) != nil }
    }
    let (one, other) = (network.contributorKeys[0], network.contributorKeys[1])
    #expect(draws(one, network.task) == draws(one, network.task))
    #expect(draws(one, network.task) != draws(other, network.task))
    #expect(draws(one, network.task) != draws(one, .zero))
    #expect(Canaries(share: 7).share == 0.5 && Canaries(share: -1) == .none)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func anOversizedOneIsTheUpdateEnlarged(seed: UInt64) throws
  {
    var random = SeededRandom(seed: seed)
    let spread = 1 << (1 + random.integer(below: 20))
    let delta = (0..<97).map { _ in Int32(random.integer(below: 2 * spread + 1) - spread) }
    let payload = try #require(Canaries.payload(.oversized, delta: delta, last: nil, form: .dense8))
    let honest = Payload(encoding: delta, form: .dense8)
    var (values, model) = ([Float](repeating: 0, count: 97), [Float](repeating: 0, count: 97))
    payload.add(to: &values)
    honest.add(to: &model)
    let (norm, honestNorm) = (
      Kernels.squaredNorm(values).squareRoot(), Kernels.squaredNorm(model).squareRoot()
    )
    #expect(norm > 500 * honestNorm, "seed \(seed)")
    let cosine = Kernels.dot(values, model) / (norm * honestNorm)
    #expect(cosine > 0.99, "seed \(seed): merged, it would be an honest update")
  }

  @Test func whatHasNoRoomIsSentAsItIs() {
    #expect(Canaries.payload(.oversized, delta: [1 << 20, 0], last: nil, form: .dense8) == nil)
    #expect(Canaries.payload(.oversized, delta: [.min, .max], last: nil, form: .dense8) == nil)
    #expect(Canaries.payload(.duplicate, delta: [1], last: nil, form: .dense8) == nil, "there is none before")
  }

  /// Before there is anything to repeat, a contributor sends its honest update, or enlarges it.
  @Test func aContributorSendsWhatItDraws() throws {
    let network = try TestNetwork(contributors: 24)
    let canaries = Canaries(share: 0.5)
    let model = try FollowedModel(network.offer, firstWeights: network.firstWeights, genesis: network.genesis)
    var enlarged = 0
    for key in network.contributorKeys {
      let node = try Contributor(
        key: key, genesis: network.genesis, offer: network.offer, model: model, standing: .init(),
        memory: nil, canaries: canaries)
      let trained = TrainingResult(
        weights: network.firstWeights.map { $0 + 0.01 }, examples: 1, steps: 1, loss: 0)
      guard case .update(let update, _, _, let payload) = node.pack(trained).content else {
        Issue.record("it cannot be packed")
        continue
      }
      let packet = try network.opened(update.packet, by: key.publicKey)
      var values = [Float](repeating: 0, count: network.firstWeights.count)
      packet.payload.add(to: &values)
      let isEnlarged = canaries.kind(from: 0, of: network.task, by: key) == .oversized
      #expect((payload == nil) == isEnlarged)
      #expect(values.allSatisfy { ($0 > 1) == isEnlarged })
      enlarged += isEnlarged ? 1 : 0
    }
    #expect((1..<24).contains(enlarged))
  }
}
