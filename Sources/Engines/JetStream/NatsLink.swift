import Synchronization

/// The connection of one engine, made anew whenever it is lost.
final class NatsLink: Sendable {
  let servers: NatsServers

  private struct State {
    var connection: NatsConnection?
    var isClosed = false
  }

  // libnats 3.4 takes a signature that begins with a zero byte for empty text, and so loses one login in 256.
  // Each attempt signs a new nonce, so that four in a row fail once in 2^32.
  private static let loginAttempts = 4
  private let state = Mutex(State())

  init(_ servers: NatsServers) {
    self.servers = servers
  }

  /// The connection, a new one if the last is lost. It blocks.
  ///
  /// - Throws: `EngineError` with code `closed`, `unreachable`, `notPermitted`, `malformed` or `system`.
  func connection() throws(EngineError) -> NatsConnection {
    try state.withLock { state throws(EngineError) in
      guard !state.isClosed else { throw .closed(servers.place) }
      if let connection = state.connection, !connection.isClosed { return connection }
      let connection = try connect()
      state.connection = connection
      return connection
    }
  }

  /// Ends the connection for good. Calls that block on it return with an error.
  func close() {
    state.withLock { state in
      state.isClosed = true
      state.connection?.close()
      state.connection = nil
    }
  }

  private func connect() throws(EngineError) -> NatsConnection {
    for _ in 1..<Self.loginAttempts {
      do {
        return try NatsConnection(servers)
      } catch {
        guard error.code == .notPermitted, servers.key != nil else { throw error }
      }
    }
    return try NatsConnection(servers)
  }
}
