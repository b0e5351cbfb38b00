import Aggregation
import Attribution
import Ledger
import Numerics
import Wire

extension WireSamples {
  private static let network = digest(31)
  private static let task = digest(32)
  private static let recipient = key(33).publicKey

  static let accounts: [WireSample] = [
    WireSample(Account(key: recipient, balanceUnits: 1_000, bondUnits: 50, nonce: 3), "full"),
    WireSample(Account(key: recipient), "least"),
  ]

  static let tasks: [WireSample] =
    [WireSample(specification, "full"), WireSample(TrainerSpecification.native("mlp(64,32,10)"), "native")]
    + trainers + genesis

  private static let trainers: [WireSample] = {
    guard
      let process = process(tensors: [("layers.0.weight", [10, 64]), ("layers.0.bias", [10]), ("scale", [])])
    else { return [] }
    let specification = TaskSpecification(
      name: "text", trainer: .process(process), parameterCount: 651, firstWeights: digest(43),
      firstParametersRoot: digest(44),
      training: TrainingPlan(.steps(500), batchSize: 8, learningRateMillionths: 1), merge: MergePolicy(),
      reward: RewardPolicy(unitsPerVersion: 1, authorBasisPoints: 0, validatorBasisPoints: 0))
    return [
      WireSample(TrainerSpecification.process(process), "process"), WireSample(process, "full"),
      WireSample(specification, "process"),
    ]
  }()

  private static func process(tensors: [(name: String, shape: [Int])]) -> ProcessTrainerSpecification? {
    guard let layout = try? ParameterLayout(tensors) else { return nil }
    return try? ProcessTrainerSpecification(
      name: "trainer.py", layout: layout,
      files: [
        .init(name: "trainer.py", digest: digest(57)), .init(name: "data/words.txt", digest: digest(58)),
      ])
  }

  /// One of each transaction, as the envelope's body has it.
  static let transactions: [WireSample] = [
    WireSample(Transfer(network: network, nonce: 1, recipient: recipient, units: 250), "full"),
    WireSample(Withdrawal(network: network, nonce: 2, units: Limits.supplyUnits), "most"),
    WireSample(Registration(network: network, nonce: 1), "full"),
    WireSample(Release(network: network, nonce: .max), "full"),
    WireSample(
      TaskCreation(network: network, nonce: 3, specification: specification, escrowUnits: 1 << 40), "full"),
    WireSample(TaskFunding(network: network, nonce: 4, task: task, units: 7), "full"),
    WireSample(
      Commitment(
        network: network, task: task, baseVersion: 300, sequence: 1, packet: digest(34),
        keyDigest: digest(35),
        epoch: 6),
      "full"),
    WireSample(Submission(network: network, task: task, packet: digest(34)), "full"),
    WireSample(SeedCommitment(network: network, task: task, window: 8, commitment: digest(35)), "full"),
    WireSample(SeedReveal(network: network, task: task, window: 8, secret: digest(36)), "full"),
    WireSample(
      AssessmentCommitment(network: network, task: task, window: 8, round: 2, commitment: digest(53)),
      "full"),
    WireSample(
      Assessment(network: network, task: task, window: 8, cells: cells, salt: digest(54), round: 2), "full"),
    WireSample(Assessment(network: network, task: task, window: 0, cells: [], salt: .zero), "least"),
    WireSample(
      CreditedAttestation(network: network, attestation: attestation(by: 37), credits: credits), "full"),
    WireSample(Evidence(network: network, first: attestation(by: 37), second: attestation(by: 38)), "full"),
    WireSample(CommitteeRedraw(network: network, task: task, window: 8, round: 3), "full"),
    WireSample(ValidatorBond(network: network, nonce: 5, units: 800), "full"),
    WireSample(ValidatorUnbond(network: network, nonce: 6, units: 300), "full"),
    WireSample(
      KeyRelease(
        network: network, task: task, window: 8,
        keys: [53, 54].compactMap { ContentKey(bytes: digest($0).bytes) }), "two"),
    WireSample(SnapshotNotice(network: network, task: task, version: 64, blob: digest(56)), "full"),
  ]

  static let versions: [WireSample] = [
    WireSample(header, "full"),
    WireSample(successors, "three"),
    WireSample(handover, "three"),
    WireSample(HandoverChain([handover, handover]), "two"),
    WireSample(HandoverChain([]), "least"),
    WireSample(Attestation(header: header, credits: credits.digest), "full"),
    WireSample(Certificate(attestations: (40...42).map(attestation)), "three"),
    WireSample(Certificate(attestations: []), "least"),
    WireSample(
      AccountProof(
        account: Account(key: recipient, balanceUnits: 9),
        proof: MerkleProof(index: 1, count: 3, path: [digest(51), digest(52)]),
        certificate: Certificate(attestations: (40...42).map(attestation))), "three"),
  ]

  private static let genesis: [WireSample] = {
    let members = (1...4).map { ValidatorSet.Member(key: key($0).publicKey, stakeUnits: 100 * $0) }
    let allocations = (5...7).map { Genesis.Allocation(key: key($0).publicKey, units: $0 - 5) }
    guard let genesis = try? Genesis(name: "sample", validators: members, allocations: allocations) else {
      return []
    }
    return [WireSample(genesis, "full", limit: Limits.genesisBytes)]
  }()

  private static let specification = TaskSpecification(
    name: "digits", trainer: .native("softmax(64,10)"), parameterCount: 650, firstWeights: digest(43),
    firstParametersRoot: digest(44),
    training: TrainingPlan(.epochs(2), batchSize: 16, learningRateMillionths: 50_000),
    merge: MergePolicy(),
    reward: RewardPolicy(unitsPerVersion: 1_000, authorBasisPoints: 1_000, validatorBasisPoints: 2_000))

  private static let cells: [Assessment.Cell] =
    [Assessment.Cell(verdict: .admit, trust: 65_535, clip: 32_768)]
    + RejectionReason.allCases.map { reason in
      let range = reason.quantity.range
      return Assessment.Cell(
        verdict: .reject(reason), trust: 0, clip: 0, measured: range.upperBound, limit: range.lowerBound)
    }

  private static let header = VersionHeader(
    network: network, task: task, version: 9, previousRoot: digest(45), plan: digest(46), step: digest(47),
    parametersRoot: digest(48), residualRoot: digest(49), accountsRoot: digest(50), logLength: 1_234,
    logChain: digest(51), epoch: 2, nextValidators: successors.digest)

  private static let successors = ValidatorSet(
    (60...62).map { ValidatorSet.Member(key: key($0).publicKey, stakeUnits: 10 * $0) }, epoch: 3)

  private static let handover = Handover(
    certificate: Certificate(attestations: (40...42).map(attestation)), validators: successors)

  private static let credits = CreditRow(credits: [5, -3, 0], lossBefore: 100, lossAfter: 98)

  private static func attestation(by number: UInt64) -> Envelope {
    Attestation(header: header, credits: credits.digest).signed(by: key(number))
  }
}
