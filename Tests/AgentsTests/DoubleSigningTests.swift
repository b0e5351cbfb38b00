import AgentsTestKit
import Agents
import Attribution
import Ledger
import Testing
import Wire

/// Validators that sign two headers for one version, and what the others make of it.
struct DoubleSigningTests {
  private func afterOneVersion() async throws -> ValidatorGroup {
    var group = ValidatorGroup(try TestNetwork(seed: 4))
    try await group.begin()
    try await group.runWindow(sequence: 1, by: [0, 1, 2])
    return group
  }

  /// An attestation by a validator of the group's first version: with other weights, or with other credits.
  private func second(
    _ group: ValidatorGroup, by index: Int, otherWeights: Bool, signer: Int? = nil
  ) throws -> Envelope {
    let header = try #require(group.finals.first)
    let lie = header.with(
      step: header.step,
      parametersRoot: otherWeights ? header.plan : header.parametersRoot,
      residualRoot: header.residualRoot)
    let key = group.network.validatorKeys[index]
    let credits = CreditRow(credits: [], lossBefore: 1, lossAfter: 1)
    return Transaction.attestation(
      CreditedAttestation(
        network: header.network,
        attestation: Attestation(header: lie, credits: credits.digest).signed(by: key), credits: credits)
    ).signed(by: group.network.validatorKeys[signer ?? index])
  }

  private func slashed(_ group: ValidatorGroup) -> [PublicKey] {
    group.events.compactMap { if case .slashed(let offender, _, _) = $0 { offender } else { nil } }
  }

  @Test func twoHeadersCostTheBondOnce() async throws {
    var group = try await afterOneVersion()
    try await group.order(try second(group, by: 3, otherWeights: true))
    #expect(slashed(group) == [group.network.validatorKeys[3].publicKey])
    let accusations = group.envelopes.filter { $0.kind == Transaction.Kind.evidence.rawValue }
    #expect(!accusations.isEmpty)
    try await group.runWindow(sequence: 2, by: [0, 1, 2])
    #expect(group.finals.count == 2, "the others go on")
  }

  @Test func oneHeaderTwiceIsNoOffence() async throws {
    var group = try await afterOneVersion()
    try await group.order(try second(group, by: 3, otherWeights: false))
    #expect(slashed(group).isEmpty)
  }

  @Test func whatAnotherHandsInIsNoSecondSignature() async throws {
    var group = try await afterOneVersion()
    try await group.order(try second(group, by: 3, otherWeights: true, signer: 2))
    #expect(slashed(group).isEmpty)
  }

  @Test func whoeverReadsThePastAccusesAtItsEnd() async throws {
    var group = try await afterOneVersion()
    let lie = try second(group, by: 3, otherWeights: true)
    let network = group.network
    var late = Validator(
      key: network.validatorKeys[0], secretSeed: network.secretSeed(of: 0), genesis: network.genesis,
      start: .behind)
    func evidence(_ directives: [Validator.Directive]) -> Int {
      directives.count { directive in
        guard case .order(let envelope) = directive else { return false }
        return envelope.kind == Transaction.Kind.evidence.rawValue
      }
    }
    for envelope in group.envelopes + [lie] {
      #expect(evidence(late.handle(.record(.init(envelope.wireBytes, id: envelope.id)))) == 0)
    }
    var told = late
    #expect(evidence(late.handle(.caughtUp)) == 1)
    // Somebody else was faster.
    try await group.order(lie)
    for envelope in group.envelopes where envelope.kind == Transaction.Kind.evidence.rawValue {
      _ = told.handle(.record(.init(envelope.wireBytes, id: envelope.id)))
    }
    #expect(evidence(told.handle(.caughtUp)) == 0)
  }
}
