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
      ("network", world.network, "c47580b69ae4db4a6a6ad378269daa5d6094e2e079c7fe61e5db773ef46dd3e4"),
      ("task", world.task, "a40d81b4d0da498562efa518bc4b38bcfcb4a0422f8070a8b3cee48157832370"),
      ("plan", plan.digest, "e7800c9bc25d20181377434071bbebb74cabf395b4e70c0311387ec59d2aded6"),
      (
        "parameters", header.parametersRoot,
        "b9b931a31cbe1f587fa970a48d56d5df36b597501d04aec335f8f6fc18389e6b"
      ),
      ("residual", header.residualRoot, "a8d57caf4d23dba826f9d31d62f01ca530a5b0695d20d4a7b0714afc8ae01040"),
      ("accounts", header.accountsRoot, "20bd4368989f2edee497b5e3e1d6781121c0902203ec771f6a19696147fae855"),
      ("root", header.root, "0e74550abe56b33a314d3cfc01c140a4e13d749f164ce586c82d7422d1946b81"),
      ("log", header.logChain, "ec12f4ea35f81d3345c919dd2bfdf880f986402a0d355d24321793c92c8d7054"),
      (
        "accounts after pay", world.replica.accounts.tree.root,
        "c943eeb3e84fc8e6227cb25ed81a54fc08eef4de6d02f9910bfe99af549c70c5"
      ),
    ]
    for (name, found, expected) in answers { #expect(found.hex == expected, "\(name)") }
  }
}
