import HTTP
import Ledger
import Wire

/// A new version as its followers are told of it, encoded once for all of them.
struct Announcement: Sendable {
  /// The position of the log record that made it final.
  let position: UInt64
  /// The server-sent event.
  let event: [UInt8]
}

// New versions, as server-sent events.
extension GatewayService {
  /// Sends the newest version of every task, and then each that becomes final. Events that a client is too
  /// slow for are left out but for the newest, so that a stream holds nothing for it.
  func events(_ request: Request) -> Response {
    guard eventStreams < limits.subscribers else {
      return Answers.later(
        503, code: "tooManySubscribers", "too many follow the events; poll the versions, or try later",
        seconds: 30)
    }
    // An event's identifier is the position after its record: what came before it is known.
    let known = UInt64(request.head.headers["last-event-id"] ?? "") ?? 0
    let headers: Headers = ["content-type": "text/event-stream", "cache-control": "no-store"]
    return Response(
      200, headers: headers, body: .stream(length: nil) { try await self.send(after: known, to: $0) })
  }

  private nonisolated func send(after known: UInt64, to stream: ResponseStream) async throws {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let number = await subscribe(wake)
    await countStreams(1)
    do {
      try await send(after: known, to: stream, on: wakes)
    } catch {
      await unsubscribe(number)
      await countStreams(-1)
      throw error
    }
    await unsubscribe(number)
    await countStreams(-1)
  }

  private nonisolated func send(
    after known: UInt64, to stream: ResponseStream, on wakes: AsyncStream<Void>
  ) async throws {
    var known = known
    try await stream.write(ServerSentEvent.heartbeat)
    for await _ in wakes {
      let news = try await announcements(from: known)
      for announcement in news {
        known = announcement.position + 1
        try await stream.write(announcement.event)
      }
      if news.isEmpty { try await stream.write(ServerSentEvent.heartbeat) }
    }
  }

  /// The newest version of every task, if a record from a position on made it final; in their order.
  private func announcements(from position: UInt64) throws -> [Announcement] {
    try publications.tasks.values.compactMap { $0.versions.last }.filter { $0.position >= position }
      .sorted { $0.position < $1.position }.map(announcement)
  }

  private func announcement(of version: Publications.Version) throws -> Announcement {
    let task = version.header.task
    if let known = announced[task], known.position == version.position { return known }
    let data = String(decoding: try Answers.bytes(VersionView(version)), as: UTF8.self)
    let event = ServerSentEvent(name: "version", data: data, id: "\(version.position + 1)")
    let announcement = Announcement(position: version.position, event: event.bytes)
    announced[task] = announcement
    return announcement
  }

  private func countStreams(_ change: Int) { eventStreams += change }

  /// Has somebody woken when a version becomes final, and at once.
  func subscribe(_ wake: AsyncStream<Void>.Continuation) -> Int {
    let number = takeNumber()
    subscribers[number] = wake
    wake.yield()
    return number
  }

  func unsubscribe(_ number: Int) { subscribers.removeValue(forKey: number)?.finish() }

  func wakeSubscribers() {
    for wake in subscribers.values { wake.yield() }
  }

  /// Keeps streams alive, until the task is cancelled.
  nonisolated func beat() async {
    while (try? await Task.sleep(for: .seconds(limits.heartbeatSeconds))) != nil { await wakeSubscribers() }
  }
}
