import Wire

/// Keeps a mirror of a log's stream up to date, over lost connections and servers that restart.
///
/// It reads pages of the stream by direct get, each from the last message that it has, so that every page
/// proves that the stream is still the one that was read before. The server announces what it stores; an
/// announcement only wakes the follower, and a lost one costs `pollInterval`.
actor LogFollower {
  /// How far the mirror is.
  struct Progress: Sendable {
    /// The sequence of the last message that was taken over.
    var sequence: UInt64
    /// The head of the copy.
    var head: LogHead
  }

  /// A connection with what is bound to it.
  private struct Session: Sendable {
    let client: JetStreamClient
    let announcements: NatsSubscription
  }

  nonisolated let signal: ProgressSignal<Progress>
  nonisolated let copy: SQLiteLog

  private let link: NatsLink
  private let names: JetStreamNames
  private let settings: StreamSettings
  private let thread = BlockingThread(label: "tributary.log.follow")
  private var mirror: LogMirror
  private var session: Session?
  // Whatever is wrong with the copy, time does not mend it.
  private var isCopyBroken = false
  private var shorterSince: ContinuousClock.Instant?

  private static let pageMessagesLimit = 256
  private static let firstPause: Duration = .milliseconds(5)
  private static let firstReconnectPause: Duration = .milliseconds(50)

  init(link: NatsLink, names: JetStreamNames, settings: StreamSettings, mirror: LogMirror) {
    self.link = link
    self.names = names
    self.settings = settings
    self.mirror = mirror
    copy = mirror.log
    signal = ProgressSignal(
      engine: link.servers.place, progress: Progress(sequence: mirror.anchor.sequence, head: mirror.head))
  }

  /// Checks the stream, and takes over all that it holds now.
  ///
  /// - Throws: `EngineError` with code `missing`, `unknownFormat`, `historyChanged`, `unreachable`,
  ///   `notPermitted`, `damaged` or `system`.
  func catchUp() async throws(EngineError) {
    repeat {
      guard let end = try await check(openSession()) else {
        try await pause(Self.firstReconnectPause)
        continue
      }
      while mirror.anchor.sequence < end {
        let reached = mirror.anchor.sequence
        try await take(try await page())
        // The replica that answered is behind the leader.
        if mirror.anchor.sequence == reached { try await pause(Self.firstReconnectPause) }
      }
    } while isShorter || mirror.isBehindCopy
    try mirror.writeAnchor()
  }

  /// Follows the stream until the link is closed, or until something is wrong that time does not mend, which
  /// ends the signal.
  func run() async {
    var reconnectPause = Self.firstReconnectPause
    while true {
      do throws(EngineError) {
        try await follow()
      } catch {
        switch error.code {
        case .closed, .cancelled:
          return
        case .unreachable, .notPermitted, .missing, .system:
          if isCopyBroken { return signal.end(with: error) }
          session = nil
        default:
          return signal.end(with: error)
        }
      }
      guard (try? await pause(reconnectPause)) != nil else { return }
      reconnectPause = min(reconnectPause * 2, link.servers.pollInterval)
    }
  }

  /// Brings the mirror to rest, after the link was closed and `run` has returned.
  func close() async throws(EngineError) {
    session = nil
    var closing = mirror
    try await closing.close()
  }

  // Reads while there is something to read, then waits: for an announcement, or a little longer each time.
  private func follow() async throws(EngineError) {
    _ = try await check(openSession())
    var wait = Self.firstPause
    while true {
      let reached = mirror.anchor.sequence
      try await take(try await page())
      if mirror.anchor.sequence > reached { continue }
      let announcements = try await openSession().announcements
      let pause = wait
      let isAnnounced = try await thread.run { () throws(EngineError) in
        try announcements.next(within: pause) != nil
      }
      if isAnnounced {
        wait = Self.firstPause
      } else if wait < link.servers.pollInterval {
        wait = min(wait * 2, link.servers.pollInterval)
      } else {
        _ = try await check(openSession())
      }
    }
  }

  private func openSession() async throws(EngineError) -> Session {
    if let session, !session.client.connection.isClosed { return session }
    session = nil
    let (link, subject) = (link, names.storedSubject)
    let opened = try await thread.run { () throws(EngineError) in
      let connection = try link.connection()
      return Session(
        client: JetStreamClient(connection: connection, servers: link.servers),
        // An announcement says no more than that there is something, so that one in the queue is enough.
        announcements: try connection.subscribe(subject, messagesLimit: 1))
    }
    session = opened
    return opened
  }

  // The messages from the anchor on, the anchor's own included.
  private func page() async throws(EngineError) -> JetStreamClient.Page {
    let client = try await openSession().client
    let (stream, from) = (names.logStream, max(1, mirror.anchor.sequence))
    // The anchor's message and one more fit, whatever their lengths.
    let bytesLimit = 2 * settings.messageBytesLimit
    return try await thread.run { () throws(EngineError) in
      try client.page(stream, from: from, messagesLimit: Self.pageMessagesLimit, bytesLimit: bytesLimit)
    }
  }

  private func take(_ page: JetStreamClient.Page) async throws(EngineError) {
    guard let first = page.bodies.first else { return }
    let isAnchored = mirror.anchor.sequence > 0
    guard !isAnchored || mirror.anchor.holds(first) else {
      throw changed("message \(mirror.anchor.sequence) is not the one that was read before")
    }
    let messages = page.bodies.dropFirst(isAnchored ? 1 : 0)
    guard !messages.isEmpty else { return }
    // One task at a time comes here, so that nothing changes the mirror meanwhile.
    var advanced = mirror
    let head: LogHead
    do throws(EngineError) {
      head = try await advanced.take(messages)
      mirror = advanced
    } catch {
      isCopyBroken = true
      throw error
    }
    signal.advance(to: Progress(sequence: mirror.anchor.sequence, head: head))
  }

  /// Compares the stream with what was read of it, as its leader describes it, and returns its last sequence;
  /// nil if it is shorter, for now.
  private func check(_ session: Session) async throws(EngineError) -> UInt64? {
    let stream = names.logStream
    let info: StreamInfo
    do throws(EngineError) {
      info = try await thread.run { () throws(EngineError) in try session.client.info(stream) }
    } catch {
      guard error.code == .missing, mirror.anchor.sequence > 0 else { throw error }
      try noteShorter("it is gone")
      return nil
    }
    if let objection = settings.objection(to: info.settings) {
      throw EngineError(
        .unknownFormat, at: "\(link.servers.place), stream \(stream)", problem: objection,
        remedy: "use the limits that the stream was created with, or have its operator restore its settings")
    }
    guard mirror.anchor.created.isEmpty || info.created == mirror.anchor.created else {
      throw changed("it was created at \(info.created), the one read before at \(mirror.anchor.created)")
    }
    guard info.state.messages == info.state.lastSequence else {
      throw changed("it holds \(info.state.messages) of its \(info.state.lastSequence) messages")
    }
    mirror.bind(to: info.created)
    let end = info.state.lastSequence
    if end < mirror.anchor.sequence || end == mirror.anchor.sequence && mirror.isBehindCopy {
      let read = "\(mirror.anchor.sequence), with \(mirror.head.length) records in the copy"
      try noteShorter("it ends at message \(end), and was read up to \(read)")
      return nil
    }
    shorterSince = nil
    return end
  }

  private var isShorter: Bool { shorterSince != nil }

  private func noteShorter(_ problem: String) throws(EngineError) {
    let now = ContinuousClock.now
    let since = shorterSince ?? now
    shorterSince = since
    if now - since > link.servers.recoveryLimit { throw changed(problem) }
  }

  private func changed(_ problem: String) -> EngineError {
    .historyChanged(names.logStream, at: link.servers.place, problem: problem)
  }

  private func pause(_ duration: Duration) async throws(EngineError) {
    do {
      try await Task.sleep(for: duration)
    } catch {
      throw .cancelled(link.servers.place)
    }
  }
}
