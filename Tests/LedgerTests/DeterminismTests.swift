import Aggregation
import Numerics
import Testing
import Updates
import Wire

@testable import Ledger

@Suite("Determinism")
struct DeterminismTests {
  @Test("updates that arrive in 100 orders inside a window lead to one root over 100 logs")
  func shuffledWindow() throws {
    let count = 12
    var start = try LedgerWorld(contributors: count, policy: LedgerWorld.policy(windowSize: UInt32(count)))
    for validator in 0..<3 { start.bind(validator) }
    let commitments = (0..<count).map { index in
      Transaction.commitment(
        Commitment(
          network: start.network, task: start.task, baseVersion: 0, sequence: 1, packet: packet(index)))
    }
    let submissions = (0..<count).map { index in
      Transaction.submission(Submission(network: start.network, task: start.task, packet: packet(index)))
    }
    let (first, second) = (records(commitments, start), records(submissions, start))
    var roots: Set<Digest> = []
    var chains: Set<Digest> = []
    for seed in UInt64(1)...100 {
      var random = SeededRandom(seed: seed)
      var world = start
      for index in random.permutation(count: count) { world.apply(first[index]) }
      for index in random.permutation(count: count) { world.apply(second[index]) }
      for validator in 0..<2 { world.reveal(validator) }
      for validator in 0..<3 { world.commitRow(validator) }
      for validator in 0..<3 { world.assess(validator) }
      for validator in 0..<3 { world.attest(validator) }
      #expect(world.state.version == 1, "seed \(seed)")
      roots.insert(world.state.root)
      chains.insert(world.replica.chain.digest)
    }
    #expect(roots.count == 1)
    #expect(chains.count == 100)
  }

  private func packet(_ index: Int) -> Digest { LedgerWorld.digest(8, index) }

  private func records(_ transactions: [Transaction], _ world: LedgerWorld) -> [Replica.CheckedRecord] {
    zip(transactions, world.contributors).map { transaction, key in
      let envelope = transaction.signed(by: key)
      return Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)
    }
  }

  // All but the task, the log and the codec were computed a second time with Python's hashlib.blake2b and
  // struct.
  @Test("one whole window gives known digests: network, plan, model, accounts, root")
  func knownAnswer() throws {
    var world = try LedgerWorld()
    let weights: [Float] = (0..<10).map { Float($0) / 8 - 0.5 }
    var state = try ModelState(task: world.task, initialWeights: weights)
    world.decide()
    let plan = try #require(world.plan)
    let contributions = plan.entries.enumerated().map { index, entry in
      let values = (0..<10).map { Int32(($0 * 7 + index * 3) % 11 - 5) << 20 }
      return Contribution(payload: Payload(encoding: values, form: .dense8), weight: entry.weight)
    }
    let policy = MergePolicy(serverLearningRateQ16: 1 << 15, upForm: .dense8, downForm: .dense8)
    _ = try state.merge(contributions, policy: policy)
    let header = try #require(world.template).with(
      step: LedgerWorld.digest(3), parametersRoot: state.parametersRoot, residualRoot: state.residualRoot)
    for validator in 0..<3 { world.attest(validator, header) }
    #expect(world.state.version == 1)
    let answers: [(name: String, found: Digest, expected: String)] = [
      ("network", world.network, "ddd6ab63ac789e0d7396dd874edb79b3833a2a108882082a8ebbf444e0d0ff1e"),
      ("task", world.task, "3942b5b9a6bb4ae8581db44e67514a32bf8f10c8ecc2d34820e097e92c7e674b"),
      ("plan", plan.digest, "fda239b556d5a3bf2f8e16850c239e38fcf3c41e32b6b7fc8a2012e5e42b2f2d"),
      (
        "parameters", header.parametersRoot,
        "b9b931a31cbe1f587fa970a48d56d5df36b597501d04aec335f8f6fc18389e6b"
      ),
      ("residual", header.residualRoot, "a8d57caf4d23dba826f9d31d62f01ca530a5b0695d20d4a7b0714afc8ae01040"),
      ("accounts", header.accountsRoot, "20bd4368989f2edee497b5e3e1d6781121c0902203ec771f6a19696147fae855"),
      ("root", header.root, "fef0dab02bb73d63e4a6f5c6aaa8b9a4fa98a5bfd2cc5b66046363950196805c"),
      ("log", header.logChain, "89a328416ee40734bb56f49686e62e8e536927a3d8bb5d80a054d8e0f91f1862"),
      (
        "accounts after pay", world.replica.accounts.tree.root,
        "c943eeb3e84fc8e6227cb25ed81a54fc08eef4de6d02f9910bfe99af549c70c5"
      ),
    ]
    for (name, found, expected) in answers { #expect(found.hex == expected, "\(name)") }
  }
}
