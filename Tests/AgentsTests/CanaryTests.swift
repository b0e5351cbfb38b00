import AgentsTestKit
import Aggregation
import Learning
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

  @Test func anEmptyOneHasNoValues() {
    for form in [PacketForm.dense8, .sparse(keptPerChunk: 16), .rotated(signsPerChunk: 512)] {
      func payload(_ kind: Canaries.Kind, last: Payload?) -> Payload? {
        Canaries.payload(kind, last: last, count: 5_000, form: form, rotation: Rotation(seed: 1))
      }
      let empty = payload(.empty, last: nil)
      #expect(empty?.parameterCount == 5_000 && empty?.denseValues().allSatisfy { $0 == 0 } == true)
      #expect(payload(.duplicate, last: empty) == (form.takesFeedback ? empty : nil))
      #expect(payload(.duplicate, last: nil) == nil, "there is none before")
    }
  }

  /// Before there is anything to repeat, a contributor sends its honest update, or an empty one.
  @Test func aContributorSendsWhatItDraws() throws {
    let network = try TestNetwork(contributors: 24)
    let canaries = Canaries(share: 0.5)
    let model = try FollowedModel(network.offer, firstWeights: network.firstWeights, genesis: network.genesis)
    var emptied = 0
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
      let isEmpty = canaries.kind(from: 0, of: network.task, by: key) == .empty
      #expect((payload == nil) == isEmpty)
      #expect(values.allSatisfy { ($0 == 0) == isEmpty })
      emptied += isEmpty ? 1 : 0
    }
    #expect((1..<24).contains(emptied))
  }
}
