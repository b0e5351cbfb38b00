public import Engines
import Numerics
public import Wire

/// How the conformance suite makes an engine's logs.
public struct LogHarness: Sendable {
  /// The limits of the logs to make: small, so that the suite can reach them.
  public static let limits: EngineLimits = {
    var limits = EngineLimits()
    limits.recordBytes = 64 << 10
    limits.batchRecords = 16
    limits.batchBytes = 256 << 10
    limits.pageRecords = 8
    limits.pageBytes = 128 << 10
    return limits
  }()
  /// The digest of the logs' network.
  public static let network = Digest(of: Array("conformance".utf8), in: HashDomain("test.network"))

  let open: @Sendable () async throws -> any LogEngine
  let reopen: @Sendable (any LogEngine) async throws -> any LogEngine

  /// Creates a harness.
  ///
  /// - Parameters:
  ///   - open: makes an empty log of `network` with `limits`.
  ///   - reopen: closes a log and opens it again, as a restart of its process does.
  public init(
    open: @escaping @Sendable () async throws -> any LogEngine,
    reopen: @escaping @Sendable (any LogEngine) async throws -> any LogEngine
  ) {
    self.open = open
    self.reopen = reopen
  }
}

/// One rule that every log engine keeps.
public struct LogCheck: Sendable, CustomStringConvertible {
  /// The rule.
  public let description: String
  private let body: @Sendable (LogHarness) async throws -> Void

  init(_ description: String, _ body: @escaping @Sendable (LogHarness) async throws -> Void) {
    self.description = description
    self.body = body
  }

  /// Checks an engine.
  ///
  /// - Throws: `ConformanceFailure` if the rule is broken, or the `EngineError` that the engine threw
  ///   unasked.
  public func run(_ harness: LogHarness) async throws { try await body(harness) }
}

/// The rules that every log engine keeps.
public enum LogConformance {
  /// All rules.
  public static let checks = contents + storage + waiting

  static func sample(_ number: Int, byteCount: Int = 24) -> LogAppend {
    var random = SeededRandom(seed: UInt64(number), stream: UInt64(byteCount))
    let bytes = (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return LogAppend(id: Digest(of: Array("\(number)".utf8), in: HashDomain("test.log-record")), bytes: bytes)
  }

  static func positions(_ range: Range<UInt64>) -> [LogPosition] { range.map { LogPosition($0) } }

  /// Reads a whole log page by page, and checks its chain against its head.
  public static func readAll(_ log: any LogEngine) async throws -> [LogRecord] {
    var records: [LogRecord] = []
    while true {
      let page = try await log.read(from: LogPosition(UInt64(records.count)), limit: 3)
      if page.isEmpty { break }
      records += page
    }
    return records
  }

  static func requireChain(_ records: [LogRecord], endsIn head: LogHead) throws {
    var tip = LogHead(length: 0, chain: LogHarness.network)
    for record in records {
      try require(LogChain.accepts(record, after: tip), "record \(record.position.index) extends the chain")
      tip = LogHead(length: tip.length + 1, chain: record.chain)
    }
    try requireEqual(head, tip, "the head is the chain's end")
  }

  static func requireFailure<Value>(
    _ code: EngineError.Code, _ action: () async throws -> Value, when circumstance: String
  ) async throws {
    do {
      _ = try await action()
    } catch let error as EngineError {
      return try requireEqual(error.code, code, "the error's code, \(circumstance)")
    }
    throw ConformanceFailure(description: "nothing was thrown, \(circumstance), where \(code) was due")
  }
}
