public import Agents
import Aggregation
import Door
import Engines
import Foundation
public import HTTP
public import Learning
public import Ledger
import Numerics
import Updates
public import Wire

/// A contributor at work: owns the `Contributor` value, trains, and talks to one of several gateways.
///
/// ```swift
/// let service = ContributorService(
///   key: key, genesis: genesis, gateways: ["https://one.example", "https://two.example"],
///   configuration: .init(folder: "state"), trainer: { try trainer(for: $0.specification) },
///   report: { print($0.json) })
/// try await service.run()            // until the task is cancelled
/// ```
///
/// It trusts the genesis alone: weights are trained from only if they have the task's first root or a
/// certified one. It may be killed at any moment: a new one on the same folder sends the update that was
/// under way, and has the residual. No gateway has to be trusted or to stay.
public actor ContributorService {
  /// How a contributor is set up.
  public struct Configuration: Sendable {
    /// The folder of what is kept, a file a task, for one service at a time. It is created if it is not
    /// there.
    public var folder: String
    /// The task to contribute to; nil for the only one that the network pays for.
    public var task: Digest?
    /// Which updates are replaced by canaries.
    public var canaries = Canaries.none
    /// How gateways are reached.
    public var client = ClientConfiguration()
    /// How often an order is repeated that a gateway may have refused because its replica lags.
    public var orderAttempts = 5
    /// Seconds from one poll for new versions to the next, beside the events.
    public var pollSeconds = 30.0
    /// Pauses between attempts.
    public var pauses = Pauses(firstSeconds: 0.25, longestSeconds: 30)

    /// The defaults.
    public init(folder: String) {
      self.folder = folder
    }
  }

  /// How a contributor stands.
  public struct Status: Sendable, Hashable {
    /// The task that was joined; nil before.
    public let task: Digest?
    /// The version of the model that the contributor holds; nil before it has joined.
    public let version: UInt64?
    /// The address of the gateway that is asked.
    public let gateway: String
  }

  let key: SigningKey
  let genesis: Genesis
  let configuration: Configuration
  let report: ServiceReport
  let gateways: Gateways
  let makeTrainer: @Sendable (TaskOffer) async throws -> any Trainer
  private var contributor: Contributor?
  private var kept: ContributorMemory?
  private var hasFailedTraining = false

  /// Sets a contributor up; nobody is asked yet.
  ///
  /// - Parameters:
  ///   - key: who signs
  ///   - genesis: the network
  ///   - gateways: the addresses of gateways, at least one, such as `https://gateway.example:8443`
  ///   - configuration: folder, task and patience
  ///   - trainer: makes the trainer on the contributor's data for a task; what it throws ends the service
  ///   - report: takes what there is to say
  public init(
    key: SigningKey, genesis: Genesis, gateways: [String], configuration: Configuration,
    trainer: @escaping @Sendable (TaskOffer) async throws -> any Trainer, report: @escaping ServiceReport
  ) {
    self.key = key
    self.genesis = genesis
    self.configuration = configuration
    self.report = report
    self.gateways = Gateways(
      gateways, genesis: genesis, client: configuration.client, pauses: configuration.pauses, report: report)
    makeTrainer = trainer
  }

  /// How the contributor stands.
  public func status() async -> Status {
    Status(
      task: contributor?.memory.task, version: contributor?.version, gateway: await gateways.current.server)
  }

  /// Works until the surrounding task is cancelled. Nothing of it goes on afterwards.
  ///
  /// - Throws: `EngineError` if the folder cannot be used, or what making the trainer throws
  public func run() async throws {
    let lock = try FolderLock(configuration.folder)
    defer { lock.release() }
    do {
      for failures in 1... {
        do {
          return try await contribute()
        } catch let error as ServiceError {
          report(ServiceEvent(.error, "startingOver", ["reason": "\(error)"]))
          try await configuration.pauses.wait(after: failures)
        }
      }
    } catch {
      guard Task.isCancelled else { throw error }
    }
  }

  private func contribute() async throws {
    let offer = try await findTask()
    let trainer = try await makeTrainer(offer)
    guard trainer.layout.count == Int(offer.specification.parameterCount) else {
      throw LearningError.weightCountMismatch(
        expected: trainer.layout.count, found: Int(offer.specification.parameterCount))
    }
    let model = try await findModel(offer)
    let standing = try await findStanding(in: offer.id)
    kept = recall(offer, parameterCount: model.model.weights.count)
    let node = try Contributor(
      key: key, genesis: genesis, offer: offer, model: model, standing: standing, memory: kept,
      canaries: configuration.canaries)
    contributor = node
    report(
      ServiceEvent(
        .info, "joined",
        ["task": offer.id.hex, "name": offer.specification.name, "version": "\(node.version)"]))
    let (versions, announce) = AsyncStream.makeStream(of: UInt64.self, bufferingPolicy: .bufferingNewest(1))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.follow(offer.id) { announce.yield($0) } }
      group.addTask { try await self.work(offer, trainer, versions) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  // MARK: the value

  /// The version that the contributor holds.
  var heldVersion: UInt64 { contributor?.version ?? 0 }
  /// The epoch of the newest validators that the contributor trusts.
  var heldEpoch: UInt64 { contributor?.epoch ?? 0 }

  private func work(_ offer: TaskOffer, _ trainer: any Trainer, _ versions: AsyncStream<UInt64>) async throws
  {
    try await settle(.started, offer, trainer)
    try await trainAgain(offer, trainer)
    for await version in versions {
      try await settle(.announced(version: version), offer, trainer)
      try await trainAgain(offer, trainer)
      try await takeReceipts(offer, trainer)
    }
  }

  /// Trains again as long as training fails, on the newest version by then. No version would come if all
  /// contributors waited for the next one.
  private func trainAgain(_ offer: TaskOffer, _ trainer: any Trainer) async throws {
    var failures = 0
    while hasFailedTraining {
      failures += 1
      try await configuration.pauses.wait(after: failures)
      try await settle(.announced(version: heldVersion), offer, trainer)
    }
  }

  /// Hands an event to the value, and does all that comes of it. What is to be kept is on the disk before
  /// anybody else hears of it.
  private func settle(_ event: Contributor.Event, _ offer: TaskOffer, _ trainer: any Trainer) async throws {
    var directives = contributor?.handle(event) ?? []
    try keep()
    while !directives.isEmpty {
      guard let answer = try await carryOut(directives.removeFirst(), offer, trainer) else { continue }
      try Task.checkCancellation()
      directives += contributor?.handle(answer) ?? []
      try keep()
    }
  }

  private func keep() throws(EngineError) {
    guard let memory = contributor?.memory, memory != kept else { return }
    try SealedFile.write(memory, to: path(of: memory.task))
    kept = memory
  }

  /// What was kept of a task; nil if nothing was, or nothing that can be used.
  private func recall(_ offer: TaskOffer, parameterCount: Int) -> ContributorMemory? {
    let path = path(of: offer.id)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do throws(EngineError) {
      let memory: ContributorMemory = try SealedFile.read(path, limit: ContributorMemory.bytesLimit)
      if memory.network == genesis.network, memory.task == offer.id, memory.contributor == key.publicKey,
        memory.feedback.residual.count == parameterCount
      {
        return memory
      }
      report(
        ServiceEvent(.warning, "memoryPassedOver", ["file": path, "reason": "it is another contributor's"]))
    } catch {
      report(ServiceEvent(.warning, "memoryPassedOver", ["file": path, "reason": "\(error)"]))
    }
    return nil
  }

  private func path(of task: Digest) -> String { "\(configuration.folder)/\(task.hex).contributor" }

  private func carryOut(
    _ directive: Contributor.Directive, _ offer: TaskOffer, _ trainer: any Trainer
  ) async throws -> Contributor.Event? {
    switch directive {
    case .order(let envelope): return try await order(envelope, of: offer.id)
    case .upload(let packet, let submission):
      return try await upload(packet, submission, to: offer.id)
    case .pull:
      guard let node = contributor else { return nil }
      contributor = try await pull(node, offer)
      return .pulled(PublishedVersion(certificate: nil, steps: []))
    case .train(let weights, let training):
      let event = try await train(trainer, weights, training)
      hasFailedTraining = if case .trainingFailed = event { true } else { false }
      return event
    case .report(let message):
      report(ServiceEvent(.warning, "contributor", ["task": offer.id.hex, "message": message]))
      return nil
    }
  }

  private nonisolated func train(
    _ trainer: any Trainer, _ weights: [Float], _ training: TrainingConfiguration
  ) async throws -> Contributor.Event {
    do {
      let result = try await trainer.train(weights, training)
      report(
        ServiceEvent(
          .info, "trained",
          ["examples": "\(result.examples)", "steps": "\(result.steps)", "loss": "\(result.loss)"]))
      return .trained(result)
    } catch {
      try Task.checkCancellation()
      return .trainingFailed("\(error)")
    }
  }

  /// Reports what became of updates, each once: those of windows whose versions the model has passed. Trains
  /// again in place of an update that was given back.
  private func takeReceipts(_ offer: TaskOffer, _ trainer: any Trainer) async throws {
    let (key, task) = (key.publicKey, offer.id)
    let receipts = try await gateways.ask { try await $0.receipts(of: key) }
    for packet in receipts.filter(\.isReturned).compactMap({ Digest(hex: $0.packet) }) {
      try await settle(.returned(packet), offer, trainer)
      try await trainAgain(offer, trainer)
    }
    guard let reported = contributor?.reportedWindows, let version = contributor?.version else { return }
    let news = receipts.filter { $0.task == task.hex && $0.window >= reported && $0.window < version }
      .sorted { ($0.window, $0.packet) < ($1.window, $1.packet) }
    for receipt in news { report(ServiceEvent(receipt)) }
    if let last = news.last { contributor?.reportedWindows = last.window + 1 }
    try keep()
  }
}

extension ServiceEvent {
  fileprivate init(_ receipt: ReceiptView) {
    var fields = [
      "task": receipt.task, "window": "\(receipt.window)", "packet": receipt.packet,
      "verdict": receipt.verdict, "staleness": "\(receipt.staleness)", "weight": "\(receipt.weight)",
      "credit": "\(receipt.credit)", "paidUnits": "\(receipt.paidUnits)",
    ]
    fields["explanation"] = receipt.explanation
    self.init(receipt.explanation == nil ? .info : .warning, "receipt", fields)
  }
}
