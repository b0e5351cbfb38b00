import Synchronization

/// What a server has done since it started, and what it holds now.
public struct ServerStatistics: Sendable, Hashable {
  /// Connections that are open.
  public var openConnections = 0
  /// Connections that were accepted.
  public var acceptedConnections: UInt64 = 0
  /// Connections that were closed at once, because there were too many.
  public var refusedConnections: UInt64 = 0
  /// Connections that were closed because a time limit ended.
  public var timedOutConnections: UInt64 = 0
  /// Requests whose heads were read.
  public var requests: UInt64 = 0
  /// Requests that were refused as malformed or over a limit before they reached a handler.
  public var refusedRequests: UInt64 = 0
  /// Bytes received, without TLS.
  public var receivedBytes: UInt64 = 0
  /// Bytes sent, without TLS.
  public var sentBytes: UInt64 = 0
  /// Bytes of bodies that are held now.
  public var heldBodyBytes = 0
}

/// Counts over all event loops of a server, and the limits that hold for them together.
final class ServerCensus: Sendable {
  private struct State {
    var statistics = ServerStatistics()
    var connections: [PeerAddress: Int] = [:]
  }

  private let limits: ServerLimits
  private let state = Mutex(State())

  init(_ limits: ServerLimits) {
    self.limits = limits
  }

  var statistics: ServerStatistics { state.withLock { $0.statistics } }

  func count(_ change: (inout ServerStatistics) -> Void) {
    state.withLock { change(&$0.statistics) }
  }

  /// Whether there is room for one more connection of an address, which then counts.
  func admit(_ peer: PeerAddress) -> Bool {
    state.withLock { state in
      guard state.statistics.openConnections < limits.connections,
        state.connections[peer, default: 0] < limits.connectionsPerAddress
      else {
        state.statistics.refusedConnections += 1
        return false
      }
      state.statistics.openConnections += 1
      state.statistics.acceptedConnections += 1
      state.connections[peer, default: 0] += 1
      return true
    }
  }

  func leave(_ peer: PeerAddress) {
    state.withLock { state in
      state.statistics.openConnections -= 1
      let rest = (state.connections[peer] ?? 1) - 1
      state.connections[peer] = rest > 0 ? rest : nil
    }
  }

  /// Whether so many bytes more of bodies may be held, which then count.
  func hold(_ bytes: Int) -> Bool {
    state.withLock { state in
      guard state.statistics.heldBodyBytes + bytes <= limits.heldBodyBytes else { return false }
      state.statistics.heldBodyBytes += bytes
      return true
    }
  }

  func release(_ bytes: Int) {
    state.withLock { $0.statistics.heldBodyBytes -= bytes }
  }
}
