/// The records of a log from a position on, those still to come included.
///
/// It reads pages as they are asked for, so a slow reader costs no memory, and it misses nothing and doubles
/// nothing. It ends when its task is cancelled or the log is closed, and throws any other `EngineError`.
public struct LogSubscription: AsyncSequence, Sendable {
  /// A record.
  public typealias Element = LogRecord
  /// What reading may throw.
  public typealias Failure = EngineError

  private let log: any LogEngine
  private let start: LogPosition

  init(log: any LogEngine, start: LogPosition) {
    self.log = log
    self.start = start
  }

  /// Starts reading.
  public func makeAsyncIterator() -> Iterator {
    Iterator(log: log, position: start)
  }

  /// Reads a log page by page and waits at its end.
  public struct Iterator: AsyncIteratorProtocol {
    private let log: any LogEngine
    private var position: LogPosition
    private var page: ArraySlice<LogRecord> = []

    init(log: any LogEngine, position: LogPosition) {
      self.log = log
      self.position = position
    }

    /// The next record, once there is one.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(EngineError) -> LogRecord? {
      do {
        while page.isEmpty {
          guard !Task.isCancelled else { return nil }
          page = try await log.read(from: position, limit: log.limits.pageRecords)[...]
          if page.isEmpty { _ = try await log.waitForHead(beyond: position.index) }
        }
      } catch {
        if error.code == .cancelled || error.code == .closed { return nil }
        throw error
      }
      let record = page.removeFirst()
      position = record.position.next
      return record
    }
  }
}

extension LogEngine {
  /// The records from a position on, those still to come included.
  public func records(from position: LogPosition) -> LogSubscription {
    LogSubscription(log: self, start: position)
  }
}
