import CLinux
import Glibc
import Learning
import Numerics

/// What a trainer's thread does: it carries out orders one after the other, starts the trainer when there
/// is none, and sees it end.
final class TrainerLoop {
  /// How often progress is reported, in seconds.
  private static let reportSeconds = 10.0

  private let command: TrainerCommand
  private let expected: ParameterLayout?
  private let mailbox: Mailbox
  private let wake: Descriptor
  private let report: @Sendable (String) -> Void
  private var process: TrainerProcess?
  private var description: TrainerDescription?
  private var failures = Failures()
  private var lastReport: ContinuousClock.Instant?

  init(
    _ command: TrainerCommand, expecting expected: ParameterLayout?, mailbox: Mailbox, wake: Descriptor,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.command = command
    self.expected = expected
    self.mailbox = mailbox
    self.wake = wake
    self.report = report
  }

  /// Carries out orders until the mailbox is closed.
  func run() {
    // Writing to a trainer that has died fails, and must not end this process. A signal that is never taken
    // ends with the thread.
    var pipeSignal = sigset_t()
    sigemptyset(&pipeSignal)
    sigaddset(&pipeSignal, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipeSignal, nil)
    while true {
      switch mailbox.next() {
      case .run(let order): order.run(self)
      case .wait: rest()
      case .end:
        process?.dismiss()
        process = nil
        return
      }
    }
  }

  /// What the trainer says of itself; starts it if it does not run.
  func describe() throws(LearningError) -> TrainerDescription { try begun().description }

  /// Makes one call.
  ///
  /// - Returns: what came of it, and the output, if the request has one.
  func perform<Result>(_ request: TrainerRequest<Result>) throws(LearningError) -> (Result, output: [Float]) {
    let (process, description) = try begun()
    do throws(TrainerFault) {
      let watch = CallWatch(
        call: request.call, limitSeconds: request.budget.seconds(command.limits),
        memoryBytes: command.limits.memoryBytes, interruption: { self.mailbox.interruption })
      let result = try process.exchange(request, watch) { report($0, of: description) }
      var output: [Float] = []
      if request.hasOutput {
        output = process.memory.readOutput()
        try Self.check(output, of: request.call, description.layout)
      }
      failures.forget()
      return (result, output)
    } catch {
      throw failed(error, process)
    }
  }

  /// The most memory that the trainer's processes have had, each at its own peak; 0 if it does not run.
  func peakMemoryBytes() -> Int { process.map { GroupMemory.peakBytes(of: $0.identifier) } ?? 0 }

  // MARK: Lives

  /// The running trainer, started and described if there is none.
  private func begun() throws(LearningError) -> (process: TrainerProcess, description: TrainerDescription) {
    if let process, let description { return (process, description) }
    if let reason = failures.objection(command.limits) { throw .trainerFailed(reason: reason) }
    var started: TrainerProcess?
    do throws(TrainerFault) {
      let process = try TrainerProcess(command, wake: wake)
      started = process
      let watch = CallWatch(
        call: "describe", limitSeconds: command.limits.startSeconds, memoryBytes: command.limits.memoryBytes,
        interruption: { self.mailbox.interruption })
      let found = try process.exchange(.describe, watch) { _ in }
      try check(found)
      try process.resizeMemory(for: found.layout)
      (self.process, description) = (process, found)
      report("trainer \"\(found.name)\" runs as process \(process.identifier)")
      return (process, found)
    } catch {
      guard case .refused(let reason) = error else { throw failed(error, started) }
      throw failed(.failed("it did not describe itself: \(reason)"), started)
    }
  }

  private func check(_ found: TrainerDescription) throws(TrainerFault) {
    if let expected, let difference = TrainerDescription.difference(of: found.layout, from: expected) {
      throw .failed("its tensors are not those of the task: \(difference)")
    }
    guard let description, description != found else { return }
    let difference = TrainerDescription.difference(of: found.layout, from: description.layout)
    throw .failed(
      "it describes itself otherwise than in its last life: "
        + (difference ?? "\(found.examples) examples in \(found.groups) groups, named \"\(found.name)\""))
  }

  /// Waits for orders, and sees a trainer that ends meanwhile.
  private func rest() {
    guard let process else { return wake.waitAndRead() }
    do throws(TrainerFault) {
      try process.rest()
    } catch {
      _ = failed(error, process)
    }
  }

  /// Puts an end to a life that a fault has spoilt, and says what callers see.
  private func failed(_ fault: TrainerFault, _ spoilt: TrainerProcess?) -> LearningError {
    guard fault.endsProcess else {
      failures.forget()
      return fault.error(LastLines())
    }
    spoilt?.kill()
    process = nil
    let error = fault.error(spoilt?.lines ?? LastLines())
    if case .failed = fault {
      failures.note(fault.reason)
      report("\(error)")
    }
    return error
  }

  private func report(_ progress: TrainerProgress, of description: TrainerDescription) {
    let now = ContinuousClock.now
    if let lastReport, now < lastReport + .seconds(Self.reportSeconds) { return }
    lastReport = now
    report("trainer \"\(description.name)\": \(progress)")
  }

  /// Refuses values that are not finite.
  private static func check(_ values: [Float], of call: String, _ layout: ParameterLayout)
    throws(TrainerFault)
  {
    guard !Kernels.allFinite(values), let place = values.firstIndex(where: { !$0.isFinite }) else { return }
    let tensor = layout.tensors.first { $0.range.contains(place) }
    let name = tensor.map { "value \(place - $0.offset) of \"\($0.name)\"" } ?? "value \(place)"
    guard SharedFloats.isUnwritten(values[place]) else {
      throw .failed(
        "'\(call)' returned \(name) as \(values[place]); lower the learning rate, or look for a division "
          + "by zero"
      )
    }
    let count = values.count { SharedFloats.isUnwritten($0) }
    throw .failed("'\(call)' left \(count) of \(values.count) values unwritten, the first of them \(name)")
  }
}

/// How often a trainer failed since it last answered a call.
struct Failures {
  private var count = 0
  private var last = ""
  private var lastTime = ContinuousClock.now

  /// Notes a failure.
  mutating func note(_ reason: String) {
    count += 1
    last = reason
    lastTime = .now
  }

  /// Begins anew after a call that was answered.
  mutating func forget() { count = 0 }

  /// Why the trainer is not started again, if it is not.
  func objection(_ limits: TrainerLimits) -> String? {
    let rest = lastTime + .seconds(limits.restSeconds) - .now
    guard count > limits.restarts, rest > .zero else { return nil }
    return "it failed \(count) times in a row, and is left alone for another \(rest.components.seconds + 1) "
      + "seconds; mend it meanwhile. The last time: \(last)"
  }
}
