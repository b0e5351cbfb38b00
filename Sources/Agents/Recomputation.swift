public import Aggregation
public import Ledger
public import Updates
public import Wire

/// A merge, done again from its plan: what validators attest and auditors check.
public struct Recomputation: Sendable {
  /// The state after the merge.
  public let state: ModelState
  /// The step and the uncompressed mean.
  public let outcome: MergeOutcome
  /// What was merged, in the plan's order.
  public let contributions: [Contribution]
  /// The version's header with the model's digests filled in.
  public let header: VersionHeader

  /// Merges a plan's updates into a state.
  ///
  /// - Parameters:
  ///   - plan: the decided plan
  ///   - template: the header without the model's digests
  ///   - state: the state of the version before
  ///   - payloads: the updates' values by packet digest; all that the plan names
  ///   - policy: the task's
  ///   - threads: how many threads add up; the result does not depend on it
  /// - Throws: `AgentError.version` if an update is missing or does not fit.
  public init(
    _ plan: MergePlan, template: VersionHeader, onto state: ModelState, payloads: [Digest: Payload],
    policy: MergePolicy, threads: Int = 1
  ) throws(AgentError) {
    var contributions: [Contribution] = []
    for entry in plan.entries {
      guard let payload = payloads[entry.packet] else {
        throw .version(
          "version \(template.version) needs the packet \(entry.packet.short), which is missing or malformed")
      }
      contributions.append(Contribution(payload: payload, weight: entry.weight))
    }
    var next = state
    do {
      outcome = try next.merge(contributions, policy: policy, threads: threads)
    } catch {
      throw .version("version \(template.version): \(error)")
    }
    self.state = next
    self.contributions = contributions
    header = template.with(
      step: outcome.step.digest, parametersRoot: next.parametersRoot, residualRoot: next.residualRoot)
  }
}
