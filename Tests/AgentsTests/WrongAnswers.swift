import Agents
import AgentsTestKit
import Aggregation
import Ledger
import Testing
import Updates
import Wire

/// Answers to a pull after version 0 that a follower must refuse, made from a group that is at version 2.
enum WrongAnswers {
  static func all(_ group: ValidatorGroup) throws -> [(name: String, answer: PublishedVersion)] {
    let good = group.published(after: 0)
    let certificate = try #require(good.certificate)
    func with(_ certificate: Certificate? = good.certificate, steps: [[UInt8]]) -> PublishedVersion {
      PublishedVersion(certificate: certificate, steps: steps)
    }
    let attestations = certificate.attestations
    let forged = Envelope(
      kind: attestations[0].kind, body: attestations[0].body,
      signedBy: try TestNetwork.key(99, "stranger", 0))
    return [
      ("a step too few", with(steps: good.steps.dropLast())),
      ("a step too many", with(steps: good.steps + [good.steps[1]])),
      ("steps in another order", with(steps: good.steps.reversed())),
      ("a step twice", with(steps: [good.steps[0], good.steps[0]])),
      ("a step cut short", with(steps: [good.steps[0], Array(good.steps[1].dropLast())])),
      ("a step with other values", with(steps: [good.steps[0], try otherValues(good.steps[1])])),
      ("a step of another task", with(steps: [good.steps[0], try otherTask(good.steps[1])])),
      ("noise for a step", with(steps: [good.steps[0], [1, 2, 3]])),
      ("an older certificate", with(try older(group), steps: good.steps)),
      (
        "too few signatures",
        with(Certificate(attestations: Array(attestations.prefix(2))), steps: good.steps)
      ),
      ("no signatures", with(Certificate(attestations: []), steps: good.steps)),
      (
        "one signature three times",
        with(Certificate(attestations: [Envelope](repeating: attestations[0], count: 3)), steps: good.steps)
      ),
      (
        "a stranger's signature",
        with(Certificate(attestations: attestations.dropFirst() + [forged]), steps: good.steps)
      ),
      ("another network's certificate", with(try foreign(), steps: good.steps)),
      ("validators on another root", with(try otherRoot(group), steps: good.steps)),
    ]
  }

  static func otherValues(_ bytes: [UInt8]) throws -> [UInt8] {
    let step = try Step(wireBytes: bytes, limit: 1 << 20)
    let values = [Int32](repeating: 1 << 20, count: step.payload.parameterCount)
    return Step(task: step.task, version: step.version, payload: Payload(encoding: values, form: .dense8))
      .wireBytes
  }

  private static func otherTask(_ bytes: [UInt8]) throws -> [UInt8] {
    let step = try Step(wireBytes: bytes, limit: 1 << 20)
    return Step(task: Digest(of: [7], in: .blob), version: step.version, payload: step.payload).wireBytes
  }

  private static func older(_ group: ValidatorGroup) throws -> Certificate {
    try #require(
      group.events.compactMap { event in
        if case .versionFinal(let header, let certificate) = event, header.version == 1 {
          certificate
        } else {
          nil
        }
      }.first)
  }

  /// Everything right, but for a network with other validators.
  private static func foreign() throws -> Certificate {
    let other = try TestNetwork(seed: 77)
    let header = VersionHeader(
      network: other.network, task: other.task, version: 2, previousRoot: .zero, plan: .zero, step: .zero,
      parametersRoot: .zero, residualRoot: .zero, accountsRoot: .zero, logLength: 1, logChain: .zero,
      epoch: 0, nextValidators: .zero)
    return Certificate(
      attestations: other.validatorKeys.map { Attestation(header: header, credits: .zero).signed(by: $0) })
  }

  /// All validators sign a root that the steps do not lead to.
  private static func otherRoot(_ group: ValidatorGroup) throws -> Certificate {
    let final = try #require(group.finals.last)
    let header = final.with(
      step: final.step, parametersRoot: final.residualRoot, residualRoot: final.residualRoot)
    return Certificate(
      attestations: group.network.validatorKeys.map {
        Attestation(header: header, credits: .zero).signed(by: $0)
      })
  }
}
