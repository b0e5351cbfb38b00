import Wire

/// The content keys that a decided merge owes to the public.
struct OwedKeys: Sendable, Equatable {
  /// What the commitments said of the keys, in the order of the plan's entries.
  let digests: [Digest]
  /// Whether a validator has published them.
  var areReleased = false
}

// After a merge was decided, and before the version that follows its own is final, one validator publishes
// its keys. If none does, nobody but validators can check the merge, and they are not paid for it.
extension TaskState {
  /// Notes which keys a decided merge owes.
  mutating func oweKeys(of plan: MergePlan, from updates: [WindowUpdate]) {
    guard specification.privacy == .sealedPublished, !plan.entries.isEmpty else { return }
    let digests = Dictionary(
      updates.map { ($0.packet, $0.keyDigest) }, uniquingKeysWith: { first, _ in first })
    owedKeys[plan.window] = OwedKeys(digests: plan.entries.map { digests[$0.packet] ?? .zero })
  }

  /// Whether anyone can open what the merge of a window took in, as far as the task wants it.
  func hasReleasedKeys(of window: UInt64) -> Bool { owedKeys[window]?.areReleased ?? true }

  /// Closes the books on windows before one: their keys come too late now.
  mutating func forgetKeys(before window: UInt64) {
    owedKeys = owedKeys.filter { $0.key >= window }
  }
}

extension Replica {
  mutating func apply(_ message: KeyRelease, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    guard !slashed.contains(signer) else { throw .notValidator }
    return try withTask(message.task) { task, _ throws(Refusal) in
      guard let owed = task.owedKeys[message.window] else { throw .wrongPhase }
      // Those to whom the packets are sealed, even if others are in force and their bonds are given back.
      guard task.validators(of: message.window)?.contains(signer) == true else { throw .notValidator }
      guard !owed.areReleased else { throw .repeated }
      guard message.keys.map(\.digest) == owed.digests else { throw .wrongKeys }
      task.owedKeys[message.window]?.areReleased = true
      return [.keysReleased(task: task.id, window: message.window, keys: message.keys)]
    }
  }
}
