import Agents
import Door
import HTTP
import Ledger
import Updates
import Wire

// What a contributor asks of gateways. What they say is checked here, and whatever does not hold is held
// against the gateway.
extension ContributorService {
  // MARK: joining

  /// The task as its author signed it.
  func findTask() async throws -> TaskOffer {
    let (wanted, network) = (configuration.task, genesis.network)
    return try await gateways.ask { client in
      let task = if let wanted { wanted } else { try Self.onlyTask(of: try await client.tasks()) }
      let offer = try TaskOffer(opening: try await client.creation(of: task), network: network)
      guard offer.id == task else { throw ServiceError.otherTask }
      return offer
    }
  }

  private static func onlyTask(of tasks: [TaskView]) throws(ServiceError) -> Digest {
    let open = tasks.filter { $0.escrowUnits > 0 }
    guard open.count == 1, let task = open.first.flatMap({ Digest(hex: $0.id) }) else {
      let names = open.map(\.id).joined(separator: ", ")
      throw .noTask(
        open.isEmpty
          ? "the network has no task that pays" : "the network has several tasks; name one: \(names)")
    }
    return task
  }

  /// The newest checkpoint that the validators certified, or else the first weights.
  func findModel(_ offer: TaskOffer) async throws -> FollowedModel {
    let (genesis, bytes) = (genesis, 4 * Int(offer.specification.parameterCount))
    return try await gateways.ask { client in
      if let checkpoint = try await client.checkpoints(of: offer.id).last,
        let digest = Digest(hex: checkpoint.blob),
        let certificate = try await client.certificate(of: offer.id, version: checkpoint.version)
      {
        return try FollowedModel(
          offer, checkpoint: FlatWeights.decode(try await client.blob(digest, limitBytes: bytes)),
          certificate: certificate,
          handovers: try await client.handovers(after: 0, to: certificate.claimedEpoch ?? 0), genesis: genesis
        )
      }
      let blob = try await client.blob(offer.specification.firstWeights, limitBytes: bytes)
      return try FollowedModel(offer, firstWeights: try offer.firstWeights(from: blob), genesis: genesis)
    }
  }

  /// What the key has ordered before. Who is no contributor and has too few units for the bond waits for
  /// them.
  func findStanding(in task: Digest) async throws -> Contributor.Standing {
    let (key, bondUnits) = (key.publicKey, genesis.contributorBondUnits)
    for attempts in 1... {
      let account = try await gateways.ask { try await $0.account(key) }
      if account.isContributor || account.balanceUnits >= bondUnits {
        return account.standing(in: task)
      }
      report(
        ServiceEvent(
          .error, "unitsMissing",
          [
            "account": key.hex, "balanceUnits": "\(account.balanceUnits)", "bondUnits": "\(bondUnits)",
            "remedy": "transfer units to the account; registering bonds \(bondUnits)",
          ]))
      try await configuration.pauses.wait(after: attempts)
    }
    throw CancellationError()
  }

  // MARK: versions

  /// Announces new versions of a task as they become final: by the events of the gateway that is asked now,
  /// and by polls, since a gateway that no longer follows the log may well keep its stream alive.
  nonisolated func follow(_ task: Digest, announce: @escaping @Sendable (UInt64) -> Void) async throws {
    var failures = 0
    while true {
      let gateway = await gateways.current
      do {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            for try await version in gateway.client.newVersions() where version.task == task.hex {
              announce(version.version)
            }
            throw ServiceError.streamEnded
          }
          group.addTask { try await self.poll(task, asLongAs: gateway, announce: announce) }
          defer { group.cancelAll() }
          try await group.next()
        }
        failures = 0
      } catch {
        try Task.checkCancellation()
        await gateways.leave(gateway, because: error)
        failures += 1
        try await poll(task, announce: announce)
        try await configuration.pauses.wait(after: failures)
      }
    }
  }

  /// Polls now and then as long as a gateway is the one that is asked.
  private nonisolated func poll(
    _ task: Digest, asLongAs gateway: Gateways.Gateway, announce: @Sendable (UInt64) -> Void
  ) async throws {
    while await gateways.current.number == gateway.number {
      try await configuration.pauses.sleep(configuration.pollSeconds)
      try await poll(task, announce: announce)
    }
  }

  private nonisolated func poll(_ task: Digest, announce: @Sendable (UInt64) -> Void) async throws {
    let held = await heldVersion
    let missed = try await gateways.ask { try await $0.versions(of: task, after: held) }
    if let last = missed.last { return announce(last.version) }
    // Another task's version may have changed the validators: what was under way here was given back then.
    let epoch = await heldEpoch
    if try await gateways.ask({ try await $0.head() }).epoch > epoch { announce(held) }
  }

  /// Takes a contributor on to the newest version.
  nonisolated func pull(_ contributor: Contributor, _ offer: TaskOffer) async throws -> Contributor {
    let stepBytes = 4 * Int(offer.specification.parameterCount) + 2 * UpdateLimits.headerBytesLimit
    return try await gateways.ask { client in
      var next = contributor
      while try next.follow(
        try await client.pull(offer.id, after: next.version, epoch: next.epoch, stepBytes: stepBytes))
      {}
      return next
    }
  }

  // MARK: orders

  /// Refusals by the word of a replica that may not have read what others have.
  private static let passingRefusals: Set<String> = Set(
    [Refusal.unknownTask, .notRegistered, .futureVersion, .notCommitted, .wrongSeal].map(\.rawValue))

  func order(_ envelope: Envelope, of task: Digest) async throws -> Contributor.Event {
    switch try await repeated({ try await $0.order(envelope) }) {
    case .accepted: return .accepted(envelope.id)
    case .refused(let problem):
      guard case .registration? = try? Transaction(envelope) else {
        return refused(envelope.id, problem)
      }
      // The registration may have been ordered in a life before, and the nonce since.
      let key = key.publicKey
      if try await gateways.ask({ try await $0.account(key) }).isContributor { return .accepted(envelope.id) }
      throw ServiceError.notRegistered(problem.detail)
    }
  }

  func upload(_ packet: [UInt8], _ submission: Envelope, to task: Digest) async throws -> Contributor.Event {
    switch try await repeated({ try await $0.upload(packet, submission: submission, to: task) }) {
    case .accepted(let position):
      report(
        ServiceEvent(
          .info, "submitted",
          ["task": task.hex, "packet": Packet.digest(of: packet).hex, "position": "\(position)"]))
      return .accepted(submission.id)
    case .refused(let problem):
      // Somebody's answer got lost: what was submitted is submitted.
      if problem.code == Refusal.repeated.rawValue { return .accepted(submission.id) }
      return refused(submission.id, problem)
    }
  }

  private func refused(_ id: Digest, _ problem: Problem) -> Contributor.Event {
    problem.code == Refusal.wrongSeal.rawValue ? .refusedSeal(id) : .refused(id, problem.detail)
  }

  /// Orders until there is an answer that will stay.
  private func repeated(
    _ body: @Sendable (GatewayClient) async throws -> GatewayClient.Outcome
  ) async throws -> GatewayClient.Outcome {
    for attempts in 1... {
      let outcome = try await gateways.ask(body)
      guard case .refused(let problem) = outcome, Self.passingRefusals.contains(problem.code),
        attempts < configuration.orderAttempts
      else { return outcome }
      try await configuration.pauses.wait(after: attempts)
    }
    throw CancellationError()
  }
}
