import Dispatch
import Glibc

/// What tells a daemon to stop.
enum StopSignal: Sendable {
  /// Ctrl-C.
  case interrupt
  /// What service managers send.
  case terminate

  /// How the program ends after it has stopped cleanly.
  var exitCode: ExitCode { self == .interrupt ? .interrupted : .success }

  /// Runs work until a signal comes, then cancels it and waits for its end.
  ///
  /// A second signal ends the program at once: whoever asks twice does not want to wait.
  ///
  /// - Returns: the signal; nil if the work ended by itself
  static func running(_ work: @escaping @Sendable () async throws -> Void) async throws -> StopSignal? {
    let (signals, continuation) = AsyncStream.makeStream(of: StopSignal.self)
    let sources = await [source(SIGINT, .interrupt, continuation), source(SIGTERM, .terminate, continuation)]
    defer {
      for source in sources { source.cancel() }
      for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
    let task = Task {
      defer { continuation.finish() }
      try await work()
    }
    var first: StopSignal?
    for await signal in signals {
      guard first == nil else { _exit(signal.exitCode.rawValue) }
      first = signal
      task.cancel()
    }
    do {
      try await task.value
    } catch {
      // What a cancelled task throws is only that it was cancelled.
      guard first != nil else { throw error }
    }
    return first
  }

  /// A source that yields a signal, once it is registered: signals that come before would be lost.
  private static func source(
    _ number: CInt, _ stop: StopSignal, _ continuation: AsyncStream<StopSignal>.Continuation
  ) async -> any DispatchSourceSignal {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler { @Sendable in continuation.yield(stop) }
    await withCheckedContinuation { registered in
      source.setRegistrationHandler { @Sendable in registered.resume() }
      source.resume()
    }
    return source
  }
}
