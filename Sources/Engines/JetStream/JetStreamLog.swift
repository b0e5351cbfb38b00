public import Wire

/// A log on NATS JetStream, for many processes on many machines, with a copy of it in a folder of each.
///
/// ```swift
/// let servers = NatsServers(["nats://127.0.0.1:4222"], key: try NatsKey(of: key))
/// let log = try await JetStreamLog.open("node/log", network: network, servers: servers)
/// ```
///
/// Each append is one message of the network's stream, alone or with others, so that it is stored as a whole
/// or not at all. What each message adds to the log follows from the stream alone: a record counts where its
/// id stands first, and a message that is no batch adds nothing. So all nodes number records alike, whatever
/// the server dropped as a duplicate, and whatever anybody with the right to append stored there.
///
/// Reading is from the copy, which a restart does not have to fetch again. `head` tells how far the copy is.
/// The log refuses everything with `historyChanged` once the stream is not the one that was copied.
public final class JetStreamLog: LogEngine {
  /// What the engine accepts at most: what the stream was created with.
  public let limits: EngineLimits

  private let link: NatsLink
  private let follower: LogFollower
  private let publisher: LogPublisher
  private let following: Task<Void, Never>

  private init(_ follower: LogFollower, link: NatsLink, names: JetStreamNames, limits: EngineLimits) {
    self.follower = follower
    self.link = link
    self.limits = limits
    publisher = LogPublisher(link: link, names: names, limits: limits)
    following = Task { await follower.run() }
  }

  /// Opens a network's log, and takes over what its stream holds.
  ///
  /// - Parameters:
  ///   - folder: where the copy is kept, for one process at a time. It is created if it is not there.
  ///   - network: the network's digest, which names the stream and starts the chain.
  ///   - servers: where the stream is. `JetStreamStreams.create` made it.
  ///   - verification: `head` goes on where the copy ends; `full` compares the whole stream with it.
  ///   - limits: what the stream was created with.
  /// - Throws: `EngineError` with code `missing` if there is no stream, `unknownFormat` if it has other
  ///   settings, `historyChanged` if it is not the one that was copied, `unreachable`, `notPermitted`, or as
  ///   `SQLiteLog.open` for the copy.
  public static func open(
    _ folder: String, network: Digest, servers: NatsServers, verification: LogVerification = .head,
    limits: EngineLimits = .jetStream
  ) async throws(EngineError) -> JetStreamLog {
    let names = JetStreamNames(network: network)
    let link = NatsLink(servers)
    let mirror = try await LogMirror(
      folder: folder, network: network, verification: verification, limits: limits,
      place: "\(servers.place), stream \(names.logStream)")
    let follower = LogFollower(
      link: link, names: names, settings: .log(names, limits: limits, replicas: 1), mirror: mirror)
    do throws(EngineError) {
      try await link.retrying { () async throws(EngineError) in try await follower.catchUp() }
    } catch {
      link.close()
      try? await follower.close()
      throw error
    }
    return JetStreamLog(follower, link: link, names: names, limits: limits)
  }

  /// Appends records in one message; they are durable when this returns, on as many servers as the stream has
  /// replicas.
  ///
  /// - Throws: as the protocol says; `unreachable` if the servers' `retryLimit` has passed, `notPermitted`
  ///   for a key without the right to append.
  public func append(_ records: [LogAppend]) async throws(EngineError) -> [LogPosition] {
    try follower.signal.check()
    try limits.check(records, at: link.servers.place)
    guard !records.isEmpty else { return [] }
    let sequence = try await publisher.publish(records)
    if let positions = try await positions(of: records, after: sequence) { return positions }
    // The server took the message for one that somebody else had stored under the same id.
    let second = try await publisher.publishAlone(records)
    if let positions = try await positions(of: records, after: second) { return positions }
    throw EngineError(
      .damaged, at: link.servers.place, problem: "message \(second) was stored and does not hold its records",
      remedy: "check that every server is nats-server 2.12 or later")
  }

  /// The records from a position on, from the copy.
  public func read(from position: LogPosition, limit: Int) async throws(EngineError) -> [LogRecord] {
    try follower.signal.check()
    return try await follower.copy.read(from: position, limit: limit)
  }

  /// How long the copy is, and its chain digest.
  public func head() async throws(EngineError) -> LogHead {
    try follower.signal.check()
    return try await follower.copy.head()
  }

  /// Waits until the copy holds more than `length` records.
  public func waitForHead(beyond length: UInt64) async throws(EngineError) -> LogHead {
    try await follower.signal.wait { $0.head.length > length }.head
  }

  /// Ends all waits, lets go of the servers, and leaves the copy at rest.
  public func close() async throws(EngineError) {
    follower.signal.close()
    link.close()
    following.cancel()
    await following.value
    try await follower.close()
  }

  private func positions(
    of records: [LogAppend], after sequence: UInt64
  ) async throws(EngineError) -> [LogPosition]? {
    try await reach(sequence)
    let found = try await follower.copy.positions(of: records.map(\.id))
    let positions = found.compactMap { $0 }
    return positions.count == records.count ? positions : nil
  }

  // The message is stored, so that a caller who gives up would only not know where: this wait is not the
  // caller's to cancel, and ends by itself.
  private func reach(_ sequence: UInt64) async throws(EngineError) {
    let (signal, servers) = (follower.signal, link.servers)
    let race = Task {
      await withTaskGroup(of: Result<Void, EngineError>.self) { group in
        group.addTask {
          do throws(EngineError) {
            _ = try await signal.wait { $0.sequence >= sequence }
            return .success(())
          } catch {
            return .failure(error)
          }
        }
        group.addTask {
          try? await Task.sleep(for: servers.retryLimit)
          return .failure(.lateMessage(sequence, at: servers.place))
        }
        defer { group.cancelAll() }
        return await group.next() ?? .success(())
      }
    }
    try await race.value.get()
  }
}

extension EngineError {
  fileprivate static func lateMessage(_ sequence: UInt64, at place: String) -> EngineError {
    EngineError(
      .unreachable, at: place, problem: "message \(sequence) was stored, and could not be read in time",
      remedy: "append the records again, which finds where they are")
  }
}

extension EngineLimits {
  /// The default limits of logs on JetStream, whose messages should stay below 8 MiB.
  public static let jetStream: EngineLimits = {
    var limits = EngineLimits()
    limits.batchBytes = 4 << 20
    return limits
  }()
}
