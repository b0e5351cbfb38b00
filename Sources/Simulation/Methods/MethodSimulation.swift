import Agents
import Learning
import Numerics

/// Runs a method under the virtual clock of `LearningSimulation`: the same federation, devices, trainings and
/// measuring, with dense weights on the links and a server that nobody checks.
struct MethodSimulation {
  private enum Event: Sendable {
    /// A device's answer, or its failure, to the job of this number.
    case answered(Int, job: Int)
    /// A device is back that has lost its training.
    case lost(Int, job: Int)
    /// A device takes part again.
    case reopened(Int)
    case timeout(round: UInt64)
  }

  /// What a device is doing.
  private struct Job {
    let number: Int
    let training: Task<TrainingLanes<DenseUpdate?>.Finished, Never>?
  }

  private let federation: Federation
  private let settings: RunSettings
  private let meter: ModelMeter
  private var method: any FederatedMethod
  private var queue = EventQueue<Event>()
  private var seconds = 0.0
  private var random: SeededRandom
  private var selection: SeededRandom
  private var trainings: TrainingLanes<DenseUpdate?>
  private var jobs: [Int: Job] = [:]
  private var lastJob = 0
  /// The devices whose next window the server waits for.
  private var awaited: Set<Int> = []
  private var record: RunRecord

  init(_ federation: Federation, settings: RunSettings, method: any FederatedMethod) {
    self.federation = federation
    self.settings = settings
    self.method = method
    meter = ModelMeter(federation, settings)
    random = SeededRandom(seed: settings.seed)
    selection = SeededRandom(seed: settings.seed, stream: 1)
    trainings = TrainingLanes(count: settings.threads)
    record = RunRecord(name: settings.name)
    record.groups = federation.groups
    record.contributors = federation.members.map(RunRecord.Contributor.init)
  }

  /// Runs until the wanted number of versions is made, or the wanted accuracy is reached.
  ///
  /// - Parameter progress: called with each version that is measured
  /// - Throws: `LearningError.lossNotFinite` if the model diverges, `SimulationError`, or `CancellationError`
  mutating func run(progress: @Sendable (RunRecord.Version) -> Void) async throws -> RunRecord {
    defer { for job in jobs.values { job.training?.cancel() } }
    try await measure(progress)
    try await tell(.began, progress)
    while method.model.version < settings.versions, !settings.isReached(by: record.versions),
      seconds < settings.secondsLimit
    {
      try Task.checkCancellation()
      guard let next = queue.pop() else {
        throw SimulationError("the run stands still at version \(method.model.version)")
      }
      seconds = next.seconds
      try await handle(next.event, progress)
    }
    return record
  }

  private mutating func handle(_ event: Event, _ progress: @Sendable (RunRecord.Version) -> Void) async throws
  {
    switch event {
    case .answered(let device, let number):
      guard let job = jobs[device], job.number == number else { return }
      jobs[device] = nil
      if let update = await job.training?.value.value {
        record.contributors[device].updates += 1
        record.contributors[device].bytesUp += weightsBytes
        try await tell(.update(update), progress)
      } else {
        try await tell(.idle(device), progress)
      }
    case .lost(let device, let number):
      guard jobs[device]?.number == number else { return }
      jobs[device] = nil
      try await tell(.idle(device), progress)
    case .reopened(let device):
      awaited.remove(device)
      if jobs[device] == nil { try await tell(.idle(device), progress) }
    case .timeout(let round): try await tell(.timeout(round: round), progress)
    }
  }

  /// Hands the server an event, and does what it wants done.
  private mutating func tell(
    _ event: MethodEvent, _ progress: @Sendable (RunRecord.Version) -> Void
  ) async throws {
    let version = method.model.version
    let open = federation.members.indices.filter { availability(of: $0).isOpen(at: seconds) }
    var pool = DevicePool(
      open.filter { jobs[$0] == nil }, busy: open.filter { jobs[$0] != nil }, random: selection)
    let directives = method.handle(event, &pool)
    selection = pool.random
    for directive in directives { carryOut(directive) }
    if pool.isShort { awaitOpenings() }
    if method.model.version > version { try await measure(progress) }
  }

  /// Has the devices that do not take part now ask for work when they do again.
  private mutating func awaitOpenings() {
    for device in federation.members.indices where jobs[device] == nil {
      let opening = availability(of: device).opening(from: seconds)
      if opening > seconds, awaited.insert(device).inserted { queue.push(.reopened(device), at: opening) }
    }
  }

  private func availability(of device: Int) -> Availability { federation.members[device].device.availability }

  private mutating func measure(_ progress: @Sendable (RunRecord.Version) -> Void) async throws {
    let model = method.model
    guard
      let version = try await meter.measured(model.version, model.weights, of: model.merge, at: seconds)
    else { return }
    record.versions.append(version)
    progress(version)
  }

  private mutating func carryOut(_ directive: MethodDirective) {
    switch directive {
    case .train(let device, let work): train(device, work)
    case .abandon(let devices): for device in devices { jobs.removeValue(forKey: device)?.training?.cancel() }
    case .wait(let wait, let round): queue.push(.timeout(round: round), at: seconds + wait)
    }
  }

  private var weightsBytes: Int { MemoryLayout<Float>.size * method.model.weights.count }

  /// Has a device fetch the newest version, train it and send what came of it.
  private mutating func train(_ index: Int, _ work: LocalWork) {
    let member = federation.members[index]
    lastJob += 1
    record.bytesDown += weightsBytes
    let jitter = RunSettings.jitter(using: &random)
    let secondsPerExample = settings.secondsPerExample * member.device.slowness * jitter
    let down = settings.latencySeconds + member.device.downSeconds(weightsBytes)
    let up = settings.latencySeconds + member.device.upSeconds(weightsBytes)
    let examples = member.trainer.exampleCount
    let steps = settings.training.steps(
      of: examples, within: work.deadlineSeconds - down - up, secondsPerExample: secondsPerExample)
    let trained = secondsPerExample * settings.training.examplesMet(of: examples, steps: steps)
    func end(of duration: Double) -> Double {
      member.device.availability.end(of: duration, from: seconds)
    }
    if let part = settings.dropout.lostPart(using: &random) {
      jobs[index] = Job(number: lastJob, training: nil)
      let lost = down + trained * part
      return queue.push(.lost(index, job: lastJob), at: end(of: lost + settings.dropout.pauseSeconds))
    }
    // Whoever cannot take a step in time does not answer, and is free again with the next round.
    guard steps > 0 else { return }
    var configuration = settings.training.configuration(seed: random.next())
    if steps < settings.training.steps(of: examples) { configuration.duration = .steps(steps) }
    let training = trainings.add { [model = method.model, configuration] () -> DenseUpdate? in
      let result = try? await member.trainer.train(
        model.weights, configuration, proximal: Float(work.proximal))
      return result.map {
        DenseUpdate(
          device: index, version: model.version, firstWeights: model.weights, weights: $0.weights,
          examples: examples)
      }
    }
    jobs[index] = Job(number: lastJob, training: training)
    queue.push(.answered(index, job: lastJob), at: end(of: down + trained + up))
  }
}
