import Services
import Synchronization

/// Takes a service's events, and lets tests wait for one.
final class EventRecorder: Sendable {
  private typealias Condition = @Sendable (ServiceEvent) -> Bool

  private struct State {
    var events: [ServiceEvent] = []
    var waiters: [(condition: Condition, continuation: CheckedContinuation<ServiceEvent, Never>)] = []
  }

  private let state = Mutex(State())

  var report: ServiceReport { { self.note($0) } }

  var events: [ServiceEvent] { state.withLock { $0.events } }

  /// The events of a name.
  func events(named name: String) -> [ServiceEvent] { events.filter { $0.name == name } }

  /// The first event that meets a condition, now or later.
  func first(where condition: @escaping @Sendable (ServiceEvent) -> Bool) async -> ServiceEvent {
    await withCheckedContinuation { continuation in
      let found = state.withLock { state -> ServiceEvent? in
        if let found = state.events.first(where: condition) { return found }
        state.waiters.append((condition, continuation))
        return nil
      }
      if let found { continuation.resume(returning: found) }
    }
  }

  /// Waits until a validator has kept its snapshot of a version.
  func kept(_ version: UInt64) async {
    _ = await first { $0.name == "snapshotKept" && $0.fields["version"] == "\(version)" }
  }

  func first(named name: String) async -> ServiceEvent { await first { $0.name == name } }

  private func note(_ event: ServiceEvent) {
    let ready = state.withLock { state in
      state.events.append(event)
      let ready = state.waiters.filter { $0.condition(event) }
      state.waiters.removeAll { $0.condition(event) }
      return ready
    }
    for waiter in ready { waiter.continuation.resume(returning: event) }
  }
}
