public import Engines
public import Ledger
import Numerics
import Wire

/// What `CrashWriter` writes, in numbered steps: a blob, then a batch of transactions. The test that kills it
/// knows every step's content from its number alone.
public struct CrashWorkload: Sendable {
  /// The number of steps after which a writer that nobody kills ends.
  public static let stepsLimit = 2_000
  /// The time in seconds after which a writer that nobody kills is killed by the system.
  public static let lifetimeSeconds: UInt32 = 60

  private static let domain = HashDomain("test.crash")

  /// The network that the transactions are for.
  public let genesis: Genesis
  private let payer: SigningKey

  /// Derives the network and its keys.
  public init() throws {
    payer = try SigningKey(seed: Digest(of: [1], in: Self.domain).bytes)
    let validator = try SigningKey(seed: Digest(of: [2], in: Self.domain).bytes)
    genesis = try Genesis(
      name: "crash", validators: [.init(key: validator.publicKey, stakeUnits: 1)],
      allocations: [.init(key: payer.publicKey, units: 1 << 40)])
  }

  /// A step's blob.
  public func blob(step: Int) -> [UInt8] {
    var random = SeededRandom(seed: UInt64(step))
    return (0..<random.integer(below: 20_000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// A step's batch of one to four transfers, each of which counts on all before it.
  public func batch(step: Int) -> [LogAppend] {
    let before = (0..<step).reduce(0) { $0 + Self.batchCount(step: $1) }
    return (0..<Self.batchCount(step: step)).map { part in
      let recipient = PublicKey(bytes: Digest(of: [UInt8(step % 7)], in: Self.domain).bytes)
      let transfer = Transfer(
        network: genesis.network, nonce: UInt64(before + part), recipient: recipient ?? payer.publicKey,
        units: UInt64(step + 1))
      let envelope = Transaction.transfer(transfer).signed(by: payer)
      return LogAppend(id: envelope.id, bytes: envelope.wireBytes)
    }
  }

  private static func batchCount(step: Int) -> Int { 1 + (step * 7 + step / 4) % 4 }

  /// The path of the log in the folder that a writer is given.
  public static func logPath(in folder: String) -> String { folder + "/log.sqlite" }
  /// The path of the blob store in the folder that a writer is given.
  public static func blobsPath(in folder: String) -> String { folder + "/blobs" }
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
