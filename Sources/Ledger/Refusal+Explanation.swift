extension Refusal {
  /// What is wrong, and what to do about it, for whoever sent the transaction.
  public var explanation: String {
    switch self {
    case .malformed: "the bytes are no signed transaction; encode and sign it as docs/WIRE.md says"
    case .otherNetwork: "the transaction is for another network; take the network's digest from its genesis"
    case .wrongNonce:
      "the nonce is not the account's next, or was used already; read the account and sign anew"
    case .insufficientUnits: "the account holds too few units; have units transferred to it first"
    case .zeroUnits: "the amount is zero; name at least one unit"
    case .alreadyRegistered: "the key is a contributor or a validator already; go on without registering"
    case .notRegistered: "the key is no contributor with a bond; order a registration first"
    case .stillCommitted: "the key has updates under way; wait until their windows are final"
    case .tooManyTasks: "the network has as many tasks as it may have; use one of them"
    case .unknownTask: "there is no such task in this network; take its identifier from the list of tasks"
    case .futureVersion:
      "the version that the update starts from, or that is named, is not final; take the newest final one"
    case .stale: "the version that the update starts from is too old; pull the newest one and train again"
    case .oldSequence: "the sequence number was used already; read the account, and take a greater one"
    case .alreadyCommitted: "the packet has been committed to already; train an update of your own"
    case .tooManyCommitments: "too many commitments of the key are open; submit their packets first"
    case .tooManyWaiting: "enough updates of the key wait for a window; wait until a version is final"
    case .heldBack: "the key's last updates were rejected; read the receipts, and let some windows pass"
    case .notCommitted: "the key has no open commitment to this packet; order the commitment first"
    case .windowFull: "the window is full; wait for the next one"
    case .notValidator: "the key is no validator in good standing; only validators may say this"
    case .wrongPhase: "the window is not in the phase for this; follow the log to its newest record"
    case .repeated: "the key has done this already; nothing is left to do"
    case .wrongSecret: "the secret is not the one committed to; reveal that one"
    case .wrongRow: "the row is not the one committed to; reveal that one, with its salt"
    case .wrongSeal:
      "packets are sealed as the task says, to the validators in force; follow the handovers and train "
        + "anew, or name no key and epoch 0 if packets are plain"
    case .wrongKeys: "the keys are not those of the merge's updates; release those, in the plan's order"
    case .wrongShape: "the row has another number of cells than the window has updates; judge all of them"
    case .wrongAttestation:
      "the attestation does not fit the merge that was decided; compute the version anew"
    case .belowMinimumStake:
      "the stake would be below the genesis' least one; bond more, or take all of it out"
    case .struckOff: "the key signed two versions and cannot be a validator again; bond with another"
    case .noOffence: "the attestations contradict each other in nothing new; nothing is left to do"
    }
  }
}
