public import Engines
import Numerics
public import Wire

/// What `CrashWriter` writes, in numbered steps: a blob, then a batch of records. The test that kills it
/// knows every step's content from its number alone.
public enum CrashWorkload {
  /// The network's digest, which the chain starts from.
  public static let network = Digest(of: Array("crash".utf8), in: HashDomain("test.network"))
  /// The number of steps after which a writer that nobody kills ends.
  public static let stepsLimit = 2_000
  /// The time in seconds after which a writer that nobody kills is killed by the system.
  public static let lifetimeSeconds: UInt32 = 60

  private static let domain = HashDomain("test.crash")

  /// A step's blob.
  public static func blob(step: Int) -> [UInt8] { bytes(step: step, part: 0, countLimit: 20_000) }

  /// A step's batch of one to four records.
  public static func batch(step: Int) -> [LogAppend] {
    (1...1 + (step * 7 + step / 4) % 4).map { part in
      let bytes = bytes(step: step, part: part, countLimit: 3_000)
      return LogAppend(id: Digest(of: Array("\(step) \(part)".utf8), in: domain), bytes: bytes)
    }
  }

  /// The path of the log in the folder that a writer is given.
  public static func logPath(in folder: String) -> String { folder + "/log.sqlite" }
  /// The path of the blob store in the folder that a writer is given.
  public static func blobsPath(in folder: String) -> String { folder + "/blobs" }

  private static func bytes(step: Int, part: Int, countLimit: Int) -> [UInt8] {
    var random = SeededRandom(seed: UInt64(step), stream: UInt64(part))
    return (0..<random.integer(below: countLimit)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }
}

/// What a writer says on its standard output once a part of a step is durable.
public enum CrashAcknowledgement: Sendable, Hashable {
  /// The step's blob is kept.
  case blob(step: Int)
  /// The step's batch is in the log, from a position on.
  case batch(step: Int, first: UInt64)

  /// One line, without its line feed.
  public var line: String {
    switch self {
    case .blob(let step): "blob \(step)"
    case .batch(let step, let first): "batch \(step) \(first)"
    }
  }

  /// Reads a line; nil for any other.
  public init?(line: some StringProtocol) {
    let words = line.split(separator: " ")
    switch (words.first, words.count) {
    case ("blob", 2):
      guard let step = Int(words[1]) else { return nil }
      self = .blob(step: step)
    case ("batch", 3):
      guard let step = Int(words[1]), let first = UInt64(words[2]) else { return nil }
      self = .batch(step: step, first: first)
    default:
      return nil
    }
  }
}
