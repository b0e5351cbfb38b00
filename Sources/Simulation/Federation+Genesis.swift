import Ledger
import Settings
import Wire

extension Federation {
  private static let contributorBondUnits: UInt64 = 1_000

  /// The start of a network in which just these nodes take part: the author holds the task's escrow, and
  /// every contributor its bond.
  ///
  /// - Parameter name: the network's name
  func genesis(_ name: String, _ scenario: Scenario) throws -> Genesis {
    try Genesis(
      name: name, validators: judges.map { .init(key: $0.key.publicKey, stakeUnits: $0.stakeUnits) },
      allocations: [.init(key: author.publicKey, units: scenario.reward.escrowUnits)]
        + members.map { .init(key: $0.key.publicKey, units: Self.contributorBondUnits) },
      contributorBondUnits: Self.contributorBondUnits)
  }
}
