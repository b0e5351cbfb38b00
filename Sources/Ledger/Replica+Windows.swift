import Aggregation
import Wire

// The life of a window, from commitments to the seed.
extension Replica {
  /// Refuses a commitment that breaks a rule.
  func check(_ message: Commitment, from signer: PublicKey) throws(Refusal) {
    guard contributors.contains(signer) else { throw .notRegistered }
    guard let task = tasks[message.task] else { throw .unknownTask }
    guard message.baseVersion <= task.version else { throw .futureVersion }
    let staleness = task.collecting.index - message.baseVersion
    guard staleness <= UInt64(task.specification.merge.maximumStaleness) else { throw .stale }
    guard message.sequence > task.sequences[signer] ?? 0 else { throw .oldSequence }
    let isSealed = task.specification.privacy.isSealed
    guard isSealed == (message.keyDigest != .zero), message.epoch == (isSealed ? validators.epoch : 0) else {
      throw .wrongSeal
    }
    guard !task.knows(message.packet) else { throw .alreadyCommitted }
    guard task.openCommitments.count(of: signer) < Limits.openCommitmentsPerContributor else {
      throw .tooManyCommitments
    }
    guard !task.backOff.holds(signer, at: task.collecting.index) else { throw .heldBack }
  }

  mutating func apply(_ message: Commitment, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    try check(message, from: signer)
    let position = chain.length - 1
    return try withTask(message.task) { task, _ throws(Refusal) in
      task.sequences[signer] = message.sequence
      task.openCommitments.open(
        message.packet,
        .init(
          contributor: signer, baseVersion: message.baseVersion, committedAt: position,
          keyDigest: message.keyDigest))
      return [.committed(task: task.id, packet: message.packet, contributor: signer)]
    }
  }

  /// Refuses a submission that breaks a rule.
  ///
  /// - Returns: the commitment that it answers
  @discardableResult
  func check(_ message: Submission, from signer: PublicKey) throws(Refusal) -> OpenCommitments.Entry {
    guard let task = tasks[message.task] else { throw .unknownTask }
    guard let open = task.openCommitments[message.packet], open.contributor == signer else {
      throw task.openCommitments.hasLapsed(message.packet) ? .wrongSeal : .notCommitted
    }
    guard !open.isSubmitted else { throw .repeated }
    guard task.collecting.intake.updates.count < Limits.updatesPerWindow else { throw .windowFull }
    // A contributor cannot send ahead for windows to come: by then its updates would be stale, and crowd out
    // what others train meanwhile.
    guard
      task.takesNow(from: signer)
        || task.openCommitments.waitingCount(of: signer) < task.updatesPerContributorPerWindow
    else { throw .tooManyWaiting }
    return open
  }

  mutating func apply(_ message: Submission, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    let open = try check(message, from: signer)
    return try withTask(message.task) { task, replica throws(Refusal) in
      task.openCommitments.markSubmitted(message.packet)
      return Self.collect(message.packet, open, &task) + replica.closeIfDue(&task)
    }
  }

  /// Moves a submitted update into the collecting window, if the window has room for one more of its
  /// contributor. If not, the update waits for a later window: nobody can close windows, or crowd others out
  /// of them, by sending more than the task allows.
  private static func collect(
    _ packet: Digest, _ commitment: OpenCommitments.Entry, _ task: inout TaskState
  ) -> [ReplicaEvent] {
    let contributor = commitment.contributor
    guard task.takesNow(from: contributor), task.collecting.intake.updates.count < Limits.updatesPerWindow
    else { return [] }
    task.openCommitments.close(packet)
    task.collecting.intake.append(
      WindowUpdate(
        packet: packet, contributor: contributor, baseVersion: commitment.baseVersion,
        committedAt: commitment.committedAt, keyDigest: commitment.keyDigest))
    return [.submitted(task: task.id, packet: packet, contributor: contributor)]
  }

  mutating func apply(_ message: SeedCommitment, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    try checkVote(of: signer, in: validators.electorate)
    return try withTask(message.task) { task, replica throws(Refusal) in
      guard message.window == task.collecting.index else { throw .wrongPhase }
      guard task.collecting.seedCommitments[signer] == nil else { throw .repeated }
      task.collecting.seedCommitments[signer] = message.commitment
      return replica.closeIfDue(&task)
    }
  }

  /// Closes the collecting window once it has its updates, a supermajority is bound to its secrets, and the
  /// window before is final. Until then it goes on collecting.
  func closeIfDue(_ task: inout TaskState) -> [ReplicaEvent] {
    let (window, voters) = (task.collecting, validators.electorate)
    guard task.closed == nil, window.intake.updates.count >= Int(task.specification.merge.windowSize),
      voters.isSupermajority(votingWeight(of: window.seedCommitments.keys, in: voters))
    else { return [] }
    task.closed = ClosedWindow(closing: window, by: validators)
    task.collecting = CollectingWindow(index: window.index + 1)
    task.backOff.open(task.collecting.index, windowSize: Int(task.specification.merge.windowSize))
    let staleness = min(task.collecting.index, UInt64(task.specification.merge.maximumStaleness))
    task.openCommitments.expire(before: task.collecting.index - staleness)
    let waiting = task.openCommitments.submitted.flatMap { Self.collect($0.packet, $0.entry, &task) }
    return [
      .windowClosed(task: task.id, window: window.index),
      .windowOpened(task: task.id, window: task.collecting.index),
    ] + waiting
  }

  mutating func apply(_ message: SeedReveal, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    try withTask(message.task) { task, replica throws(Refusal) in
      guard var window = task.closed, window.index == message.window,
        case .drawingSeed(var secrets) = window.phase
      else { throw .wrongPhase }
      let voters = window.validators.electorate
      try replica.checkVote(of: signer, in: voters)
      guard window.seedCommitments[signer] == SeedReveal.commitment(to: message.secret) else {
        throw .wrongSecret
      }
      guard secrets.updateValue(message.secret, forKey: signer) == nil else { throw .repeated }
      window.phase = .drawingSeed(secrets: secrets)
      var events: [ReplicaEvent] = []
      // The window closed with commitments of more than two thirds. If less than a third fails to reveal,
      // more than a third still does, which leaves at least one honest secret in the seed. To wait for more
      // would let one silent validator stop the task.
      if voters.isMoreThanThird(replica.votingWeight(of: secrets.keys, in: voters)) {
        let seed = Self.seed(task: task.id, window: window.index, secrets: secrets)
        window.phase = .judging(seed: seed)
        window.committee = replica.committee(for: window, of: task, seed: seed)
        events.append(.seedDrawn(task: task.id, window: window.index, seed: seed, updates: window.updates))
      }
      task.closed = window
      return events
    }
  }

  private static let seedDomain = HashDomain("trib.window.seed")

  static func seed(task: Digest, window: UInt64, secrets: [PublicKey: Digest]) -> Digest {
    var hasher = DigestHasher(in: seedDomain)
    hasher.update(task)
    hasher.update(window)
    for (key, secret) in secrets.sorted(by: { $0.key < $1.key }) {
      hasher.update(key.bytes)
      hasher.update(secret)
    }
    return hasher.finish()
  }
}
