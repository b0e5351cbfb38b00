public import Ledger
import Updates
public import Wire

/// The contributors' door, as a value without I/O: it checks every request against its replica before
/// anything is stored.
///
/// A gateway holds no weights and no keys. Whatever it lets through, replicas check again.
public struct Gateway: Sendable {
  /// What a gateway takes at most.
  public struct Limits: Sendable, Hashable {
    /// Requests of one key in a burst.
    public var burstRequests = 32.0
    /// Requests of one key a second, on average.
    public var requestsPerSecond = 8.0
    /// Keys whose rate is remembered; the longest-silent half is forgotten beyond.
    public var trackedKeys = 65_536
    /// Bytes of a packet.
    public var packetBytes = 64 << 20

    /// The defaults.
    public init() {}
  }

  /// What a client asks for.
  public enum Request: Sendable {
    /// Put an envelope into the log.
    case order([UInt8])
    /// Store a packet, then put its submission into the log.
    case upload(packet: [UInt8], submission: [UInt8])
    /// What came after a version of a task?
    case pull(task: Digest, after: UInt64)
  }

  /// What happens to a gateway.
  public enum Event: Sendable {
    /// The log's next record.
    case record(Replica.CheckedRecord)
    /// A client's request, with the number by which it is answered, and the time in seconds since any fixed
    /// moment.
    case request(Int, Request, seconds: Double)
    /// The blob of a request is stored.
    case stored(Int)
    /// The record of a request stands in the log.
    case appended(Int)
    /// The blob of a request could not be stored, or its record not be appended, and why.
    case failed(Int, String)
  }

  /// What a gateway wants done.
  public enum Directive: Sendable {
    /// Store a blob, and say `stored`.
    case store(Int, [UInt8])
    /// Append a record to the log, and say `appended`.
    case append(Int, id: Digest, bytes: [UInt8])
    /// Answer a request that ordered an envelope: it stands in the log.
    case accept(Int, Digest)
    /// Answer a request: it was turned away, and why. The digest is the envelope's, zero if it has none.
    case refuse(Int, Digest, String)
    /// Answer a pull: the newest certificate, and the blobs of the steps to it.
    case answer(Int, Certificate?, steps: [Digest])
    /// Tell everyone: a version is final.
    case announce(VersionHeader)
    /// Tell each contributor what became of its update.
    case deliver([Receipt])
  }

  private let limits: Limits
  /// The gateway's replica of the ledger.
  public private(set) var replica: Replica
  private var steps: [Digest: [Digest]] = [:]
  private var rates: RateLimiter
  private var waiting: [Int: Envelope] = [:]

  /// Creates a gateway at the start of a network's log.
  public init(genesis: Genesis, limits: Limits = Limits()) {
    self.limits = limits
    replica = Replica(genesis)
    rates = RateLimiter(
      burst: limits.burstRequests, perSecond: limits.requestsPerSecond, keys: limits.trackedKeys)
  }

  /// Takes an event, and says what is to be done.
  public mutating func handle(_ event: Event) -> [Directive] {
    switch event {
    case .record(let record): return follow(record)
    case .request(let number, .pull(let task, let after), _): return answer(number, task, after)
    case .request(let number, .order(let bytes), let seconds): return order(number, bytes, seconds)
    case .request(let number, .upload(let packet, let submission), let seconds):
      return upload(number, packet, submission, seconds)
    case .stored(let number):
      return waiting[number].map { [.append(number, id: $0.id, bytes: $0.wireBytes)] } ?? []
    case .appended(let number):
      return waiting.removeValue(forKey: number).map { [.accept(number, $0.id)] } ?? []
    case .failed(let number, let reason):
      return waiting.removeValue(forKey: number).map { [.refuse(number, $0.id, reason)] } ?? []
    }
  }

  private mutating func follow(_ record: Replica.CheckedRecord) -> [Directive] {
    replica.apply(record).compactMap { event in
      switch event {
      case .versionFinal(let header, _):
        steps[header.task, default: []].append(header.step)
        return .announce(header)
      case .receipts(let receipts): return .deliver(receipts)
      default: return nil
      }
    }
  }

  private func answer(_ number: Int, _ task: Digest, _ after: UInt64) -> [Directive] {
    guard let state = replica.tasks[task] else {
      return [.refuse(number, .zero, "there is no task \(task.short)")]
    }
    guard after <= state.version else {
      return [.refuse(number, .zero, "version \(after) is not final; the newest is \(state.version)")]
    }
    return [.answer(number, state.certificate, steps: Array(steps[task, default: []].dropFirst(Int(after))))]
  }

  private mutating func order(_ number: Int, _ bytes: [UInt8], _ seconds: Double) -> [Directive] {
    admit(number, bytes, seconds) { envelope, transaction in
      if case .submission = transaction {
        return [.refuse(number, envelope.id, "a submission comes with its packet: upload them together")]
      }
      return [.append(number, id: envelope.id, bytes: bytes)]
    }
  }

  private mutating func upload(
    _ number: Int, _ packet: [UInt8], _ submission: [UInt8], _ seconds: Double
  ) -> [Directive] {
    let replica = replica
    let limit = limits.packetBytes
    return admit(number, submission, seconds) { envelope, transaction in
      guard case .submission(let message) = transaction else {
        return [.refuse(number, envelope.id, "the envelope that came with the packet is no submission")]
      }
      let bytesLimit = min(limit, Self.packetBytes(of: message.task, in: replica))
      guard packet.count <= bytesLimit else {
        return [
          .refuse(
            number, envelope.id, "the packet has \(packet.count) bytes; at most \(bytesLimit) are taken")
        ]
      }
      guard message.packet == Packet.digest(of: packet) else {
        return [.refuse(number, envelope.id, "the submission is for another packet than the one uploaded")]
      }
      return [.store(number, packet)]
    }
  }

  /// What a packet of a task has at most: no update is longer than its values as dense Float32 under a
  /// header.
  private static func packetBytes(of task: Digest, in replica: Replica) -> Int {
    let parameters = replica.tasks[task]?.specification.parameterCount ?? 0
    return 4 * Int(parameters) + 2 * UpdateLimits.headerBytesLimit
  }

  /// Lets an envelope through if it is signed, within its key's rate, and if the replica would take it.
  private mutating func admit(
    _ number: Int, _ bytes: [UInt8], _ seconds: Double, _ proceed: (Envelope, Transaction) -> [Directive]
  ) -> [Directive] {
    let (record, envelope, transaction): (Replica.CheckedRecord, Envelope, Transaction)
    do {
      (record, envelope, transaction) = try Replica.CheckedRecord.open(bytes)
    } catch {
      return [.refuse(number, .zero, error.description)]
    }
    guard rates.take(envelope.signer, at: seconds) else {
      return [
        .refuse(
          number, envelope.id, "too many requests; at most \(limits.requestsPerSecond) a second are taken")
      ]
    }
    if let refusal = replica.refusal(of: record) {
      return [.refuse(number, envelope.id, refusal.rawValue)]
    }
    let directives = proceed(envelope, transaction)
    if !directives.contains(where: { if case .refuse = $0 { true } else { false } }) {
      waiting[number] = envelope
    }
    return directives
  }
}

/// Token buckets: each key may make a burst of requests, and then so many a second.
struct RateLimiter: Sendable {
  private struct Bucket: Sendable {
    var tokens: Double
    var seconds: Double
  }

  let burst: Double
  let perSecond: Double
  let keys: Int
  private var buckets: [PublicKey: Bucket] = [:]

  /// How many keys are remembered now.
  var trackedKeys: Int { buckets.count }

  init(burst: Double, perSecond: Double, keys: Int) {
    self.burst = burst
    self.perSecond = perSecond
    self.keys = keys
  }

  mutating func take(_ key: PublicKey, at seconds: Double) -> Bool {
    var bucket = buckets[key] ?? Bucket(tokens: burst, seconds: seconds)
    bucket.tokens = min(burst, bucket.tokens + max(0, seconds - bucket.seconds) * perSecond)
    bucket.seconds = max(bucket.seconds, seconds)
    let allowed = bucket.tokens >= 1
    if allowed { bucket.tokens -= 1 }
    buckets[key] = bucket
    if buckets.count > keys { forgetLongestSilent() }
    return allowed
  }

  // A forgotten key has a full bucket again, which its silence has mostly earned.
  private mutating func forgetLongestSilent() {
    let kept = buckets.sorted { ($1.value.seconds, $0.key) < ($0.value.seconds, $1.key) }.prefix(keys / 2)
    buckets = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
  }
}
