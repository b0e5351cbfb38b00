import Glibc
import Numerics

/// One life of a trainer: its process, its streams and its memory. It belongs to one thread, which may wait
/// here.
final class TrainerProcess {
  /// How long a trainer may take to end once its requests have, in seconds.
  private static let farewellSeconds = 5.0
  /// How long a trainer that closed a stream may take to end, before it counts as living on without it.
  private static let deathSeconds = 1.0
  private static let readBytes = 65_536
  /// How many reads empty the largest pipe that a trainer can make of its own.
  private static let readsOfPipe = 16

  /// What is read, and what the trainer reads and writes.
  let memory: SharedFloats
  /// What it wrote last.
  private(set) var lines = LastLines()
  private let group: ProcessGroup
  /// What wakes the thread.
  private let wake: Descriptor
  private var requests: Descriptor?
  private let answers: Descriptor
  private let log: Descriptor
  private var isLogOpen = true
  /// Whether it has ended, or no longer writes or reads.
  private var isGone = false
  /// Whether what it answers is of interest.
  private var isHeard = true
  private var frames = FrameReader()
  private var unsent: ArraySlice<UInt8> = []
  private var id: UInt64 = 0

  /// Starts a trainer.
  ///
  /// - Parameter wake: can be read from when there is something else to do; what is read says nothing.
  init(_ command: TrainerCommand, wake: Descriptor) throws(TrainerFault) {
    let program = try Program(command)
    do {
      memory = try SharedFloats()
    } catch {
      throw .failed("\(error)")
    }
    let (requests, answers, log) = (try Descriptor.pipe(), try Descriptor.pipe(), try Descriptor.pipe())
    let memoryFile = try Descriptor(copying: memory.descriptor)
    group = try ProcessGroup(
      program,
      descriptors: [
        requests.reading.number, answers.writing.number, log.writing.number, memoryFile.number,
      ])
    (self.requests, self.answers, self.log) = (requests.writing, answers.reading, log.reading)
    self.wake = wake
    for ours in [requests.writing, answers.reading, log.reading] { ours.setNonBlocking() }
  }

  /// The process' number, and its group's.
  var identifier: pid_t { group.identifier }

  /// Gives the shared memory its size.
  func resizeMemory(for layout: ParameterLayout) throws(TrainerFault) {
    do {
      try memory.resize(count: layout.count)
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Sends a request, and waits for its result.
  ///
  /// - Parameters:
  ///   - watch: ends the call in time.
  ///   - progress: is told how far it is.
  func exchange<Result>(
    _ request: TrainerRequest<Result>, _ watch: CallWatch, progress: (TrainerProgress) -> Void
  ) throws(TrainerFault) -> Result {
    var watch = watch
    guard frames.isEmpty else { throw .failed("it wrote to standard output without being asked") }
    if let input = request.input { memory.write(input) }
    if request.hasOutput { memory.blankOutput() }
    id += 1
    unsent = TrainerFrame.encode(request.text(id: id))[...]
    while true {
      while let message = try frames.next() {
        switch try TrainerAnswer.read(message, to: id, request.read) {
        case .result(let result): return result
        case .progress(let found): progress(found)
        case .error(let text):
          var lines = LastLines()
          lines.append(text.utf8)
          throw .refused(lines.texts.joined(separator: "\n"))
        }
      }
      if isGone { throw .failed("\(end()) during '\(request.call)'") }
      try watch.check(group.identifier)
      send()
      wait(upTo: watch.millisecondsToNextLook, for: [wake])
    }
  }

  /// Waits until there is something else to do.
  ///
  /// - Throws: `TrainerFault.failed` if the trainer ends meanwhile, or writes to standard output.
  func rest() throws(TrainerFault) {
    if frames.isEmpty, !isGone { wait(upTo: -1, for: [wake]) }
    if isGone { throw .failed("\(end()) between two calls") }
    if !frames.isEmpty {
      _ = try frames.next()
      throw .failed("it wrote to standard output without being asked")
    }
  }

  /// Has the trainer end: closes its requests, and kills what is there a while later.
  func dismiss() {
    requests = nil
    isHeard = false
    let deadline = ContinuousClock.now + .seconds(Self.farewellSeconds)
    while !hasEnded {
      let left = deadline - .now
      guard left > .zero else { break }
      wait(upTo: left.milliseconds, for: [])
    }
    group.finish()
  }

  /// Kills the trainer and its group, and takes what it wrote last.
  func kill() {
    group.finish()
    readLog()
  }

  /// Says how the trainer ended that closed a stream, or that it did not.
  private func end() -> String {
    isHeard = false
    let deadline = ContinuousClock.now + .seconds(Self.deathSeconds)
    while !hasEnded, ContinuousClock.now < deadline {
      wait(upTo: (deadline - .now).milliseconds, for: [])
    }
    let isAlive = !hasEnded
    let status = group.finish()
    readLog()
    return isAlive ? "it closed its standard input or output" : "it ended with \(status)"
  }

  private var hasEnded: Bool { Self.isReadable(group.end) }

  private static func isReadable(_ descriptor: Descriptor) -> Bool {
    var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) > 0
  }
}

extension TrainerProcess {
  // MARK: Streams

  /// Waits until something can be read or written, and reads it. An interruption by a signal counts as well.
  private func wait(upTo milliseconds: CInt, for others: [Descriptor]) {
    var watched = others.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
    // A stream that has ended can always be read from: it would wake the thread over and over.
    if !isGone { watched.append(pollfd(fd: answers.number, events: Int16(POLLIN), revents: 0)) }
    if isLogOpen { watched.append(pollfd(fd: log.number, events: Int16(POLLIN), revents: 0)) }
    watched.append(pollfd(fd: group.end.number, events: Int16(POLLIN), revents: 0))
    if let requests, !isGone {
      // Without events to ask for, this still tells that nobody reads any more.
      watched.append(
        pollfd(fd: requests.number, events: unsent.isEmpty ? 0 : Int16(POLLOUT), revents: 0))
    }
    _ = poll(&watched, nfds_t(watched.count), milliseconds)
    let isDeaf = watched.contains { $0.fd == requests?.number && $0.revents & Int16(POLLERR) != 0 }
    for other in others { _ = other.read(upTo: Self.readBytes) }
    let hadEnded = hasEnded
    if isLogOpen { readLogOnce() }
    if !isGone { readAnswers(toEnd: hadEnded) }
    if hadEnded || isDeaf { isGone = true }
  }

  /// Reads what has come; what the pipe holds once the trainer has ended, since nothing of it follows.
  private func readAnswers(toEnd: Bool) {
    for _ in 0..<(toEnd ? Self.readsOfPipe : 1) {
      switch answers.read(upTo: Self.readBytes) {
      case .done(let bytes): if isHeard { frames.append(bytes) }
      case .wouldWait: return
      case .ended:
        isGone = true
        return
      }
    }
  }

  private func readLogOnce() {
    switch log.read(upTo: Self.readBytes) {
    case .done(let bytes): lines.append(bytes)
    case .wouldWait: break
    case .ended: isLogOpen = false
    }
  }

  /// Reads what is left of the log of a trainer that has ended. Processes that left its group may still
  /// write: this reads what the pipe holds, and no more.
  private func readLog() {
    for _ in 0..<Self.readsOfPipe {
      guard isLogOpen, case .done(let bytes) = log.read(upTo: Self.readBytes) else { return }
      lines.append(bytes)
    }
  }

  private func send() {
    guard !unsent.isEmpty, let requests else { return }
    switch requests.write(unsent) {
    case .done(let count): unsent = unsent.dropFirst(count)
    case .wouldWait: break
    case .ended: isGone = true
    }
  }
}

extension Duration {
  /// Whole milliseconds, rounded up, as `poll` takes them.
  var milliseconds: CInt {
    let (seconds, attoseconds) = components
    let milliseconds = Double(seconds) * 1_000 + Double(attoseconds) / 1e15
    return CInt(min(Double(CInt.max), max(0, milliseconds.rounded(.up))))
  }
}
