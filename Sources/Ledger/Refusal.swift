/// Why a replica passed over a transaction. A refused transaction stays in the log and changes nothing.
public enum Refusal: String, Error, Sendable, Hashable, CaseIterable {
  /// The bytes are no envelope with a valid signature and body.
  case malformed
  /// The transaction is for another network.
  case otherNetwork
  /// The nonce is not the account's next.
  case wrongNonce
  /// The account holds too few units.
  case insufficientUnits
  /// The amount is zero.
  case zeroUnits
  /// The signer is a contributor already, or a validator.
  case alreadyRegistered
  /// The signer is no contributor with a bond.
  case notRegistered
  /// The signer still has commitments that it has not submitted, or updates in a window.
  case stillCommitted
  /// The network has as many tasks as it may have.
  case tooManyTasks
  /// There is no such task.
  case unknownTask
  /// The version that the update starts from, or that a snapshot is of, is not final yet.
  case futureVersion
  /// The version that the update starts from is too old.
  case stale
  /// The sequence number is not above the signer's last one.
  case oldSequence
  /// The packet has been committed to already, and is not forgotten yet.
  case alreadyCommitted
  /// The signer has too many open commitments.
  case tooManyCommitments
  /// As many updates of the signer as one window takes wait for a later window already.
  case tooManyWaiting
  /// The signer's last updates were rejected: it has to let some windows pass.
  case heldBack
  /// The signer has not committed to this packet.
  case notCommitted
  /// The collecting window is full.
  case windowFull
  /// The signer is no validator in good standing.
  case notValidator
  /// The window is not in the phase for this.
  case wrongPhase
  /// The signer has done this already.
  case repeated
  /// The secret is not the one committed to.
  case wrongSecret
  /// The row is not the one committed to.
  case wrongRow
  /// The commitment names a content key where the task's packets are plain, or none where they are sealed; or
  /// the packet is sealed to other validators than those in force.
  case wrongSeal
  /// The keys are not those that the commitments of the merged updates name.
  case wrongKeys
  /// The row has another number of cells than the window has updates.
  case wrongShape
  /// The attestation's signature, signer, header or credits do not fit the merge that was decided.
  case wrongAttestation
  /// The stake would be below the least that a validator has.
  case belowMinimumStake
  /// The signer has signed twice: it cannot be a validator again.
  case struckOff
  /// The attestations contradict each other in nothing, or the offender has been punished already.
  case noOffence
}
