public import Agents
public import HTTP

/// How a gateway's door is set up.
public struct DoorConfiguration: Sendable {
  /// Where the server listens, and what connections get.
  public var server = ServerConfiguration()
  /// What one key gets.
  public var gateway = Gateway.Limits()
  /// What one address gets, and what the gateway keeps.
  public var limits = DoorLimits()
  /// Seconds since any fixed moment, which only grow; rates are counted by it.
  public var seconds: @Sendable () -> Double

  /// The defaults.
  public init() {
    let start = ContinuousClock.now
    seconds = { (ContinuousClock.now - start) / .seconds(1) }
  }
}

/// What a gateway gives one address, and what it keeps in memory, at most.
public struct DoorLimits: Sendable, Hashable {
  /// Requests of one address in a burst.
  public var burstRequests = 512.0
  /// Requests of one address a second, on average.
  public var requestsPerSecond = 64.0
  /// Addresses whose rate is remembered.
  public var trackedAddresses = 65_536
  /// Streams of events at a time.
  public var subscribers = 4_096
  /// From one sign of life on a stream of events to the next.
  public var heartbeatSeconds = 15.0
  /// Bytes of blobs that are kept for the next who asks.
  public var cachedBlobBytes = 256 << 20
  /// Bytes of blobs that are held because somebody downloads them.
  public var lentBlobBytes = 1 << 30
  /// Blobs that are fetched from the store at a time.
  public var fetches = 16
  /// Bytes of a blob that are handed over at a time.
  public var sliceBytes = 64 << 10
  /// Versions of a task whose certificates are kept, the newest.
  public var certificates = 4_096
  /// From one checkpoint of a model to the next, in versions; 0 for none. With checkpoints the gateway holds
  /// the weights of every task that has so many versions.
  public var checkpointVersions: UInt64 = 64
  /// Checkpoints of a task that are listed, the newest.
  public var checkpoints = 4
  /// Contributors whose receipts are kept, those with the newest.
  public var receiptContributors = 16_384
  /// Receipts of one contributor that are kept, the newest.
  public var receiptsPerContributor = 64
  /// Records of the log by whose identifiers a repeated order is known, the newest.
  public var recentRecords = 65_536
  /// Orders that were checked and that the log has not brought back, the newest.
  public var checkedRecords = 16_384
  /// Entries of one list in an answer.
  public var listEntries = 256

  /// The defaults.
  public init() {}
}
