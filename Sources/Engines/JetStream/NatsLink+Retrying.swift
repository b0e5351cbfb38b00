extension NatsLink {
  private static let firstPause: Duration = .milliseconds(20)
  private static let longestPause: Duration = .seconds(1)

  /// Asks a server, and asks again over lost connections and elections of leaders, until the servers'
  /// `retryLimit` has passed. What is asked must do no harm if it is done twice.
  ///
  /// - Throws: what `body` threw last.
  func retrying<Value: Sendable>(
    on thread: BlockingThread, _ body: @escaping @Sendable (JetStreamClient) throws(EngineError) -> Value
  ) async throws(EngineError) -> Value {
    try await retrying { () async throws(EngineError) in
      try await thread.run { () throws(EngineError) in
        try body(JetStreamClient(connection: self.connection(), servers: self.servers))
      }
    }
  }

  /// Does what needs a server, and does it again as above.
  func retrying<Value: Sendable>(
    _ body: () async throws(EngineError) -> Value
  ) async throws(EngineError) -> Value {
    let deadline = ContinuousClock.now + servers.retryLimit
    var pause = Self.firstPause
    while true {
      do throws(EngineError) {
        return try await body()
      } catch {
        guard error.code == .unreachable, ContinuousClock.now + pause < deadline else { throw error }
      }
      // A task that was cancelled goes on without pauses, until the time is over.
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, Self.longestPause)
    }
  }
}
