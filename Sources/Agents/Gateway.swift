public import Ledger
import Updates
public import Wire

/// The contributors' door, as a value without I/O: it checks every request against its replica before
/// anything is stored.
///
/// A gateway holds no weights and no keys, and cannot open sealed packets. Whatever it lets through, replicas
/// check again.
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
    /// Bytes of a task's first weights.
    public var firstWeightsBytes = 64 << 20
    /// Bytes of packets and first weights of one key in a burst.
    public var burstBytes = 512.0 * 1_048_576
    /// The same a second, on average.
    public var bytesPerSecond = 4.0 * 1_048_576

    /// The defaults.
    public init() {}
  }

  /// What a client asks for.
  public enum Request: Sendable {
    /// Put an envelope into the log.
    case order([UInt8])
    /// Store a packet, then put its submission into the log.
    case upload(packet: [UInt8], submission: [UInt8])
    /// May a packet of so many bytes be uploaded for a submission?
    case offer(submission: [UInt8], packetBytes: Int)
    /// What came after a version of a task, and which handovers of validators after an epoch?
    case pull(task: Digest, after: UInt64, epoch: UInt64)
  }

  /// A signed transaction that was decoded and whose signature was checked, which takes most of a gateway's
  /// time and can be done in parallel.
  public struct Opened: Sendable {
    /// The envelope.
    public let envelope: Envelope
    /// The envelope as it would stand in the log.
    public let record: Replica.CheckedRecord
    let transaction: Transaction

    /// Decodes an envelope and checks its signature.
    ///
    /// - Throws: `GatewayRefusal.wire`
    public init(_ bytes: [UInt8]) throws(GatewayRefusal) {
      do {
        (record, envelope, transaction) = try Replica.CheckedRecord.open(bytes)
      } catch {
        throw .wire(error)
      }
    }

    /// Takes an envelope whose signature the caller answers for: a simulation's, whose nodes it runs itself.
    ///
    /// - Throws: `GatewayRefusal.wire` if it holds no transaction
    package init(trusting envelope: Envelope) throws(GatewayRefusal) {
      self.envelope = envelope
      record = Replica.CheckedRecord(trusting: envelope)
      do {
        transaction = try Transaction(envelope)
      } catch {
        throw .wire(error)
      }
    }
  }

  /// What happens to a gateway.
  public enum Event: Sendable {
    /// The log's next record.
    case record(Replica.CheckedRecord)
    /// A client's request, with the number by which it is answered, and the time in seconds since any fixed
    /// moment.
    case request(Int, Request, seconds: Double)
    /// The packet of an offer, or the first weights of a proposal, that was answered with `receive`.
    case upload(Int, [UInt8])
    /// The blob of a request is stored.
    case stored(Int)
    /// The record of a request stands in the log.
    case appended(Int)
    /// The blob of a request did not come or could not be stored, or its record not be appended, and why.
    case failed(Int, String)
  }

  /// What a gateway wants done.
  public enum Directive: Sendable {
    /// Answer an offer or a proposal: receive its bytes, and hand them over as `Event.upload`.
    case receive(Int)
    /// Store a blob, and say `stored`.
    case store(Int, [UInt8])
    /// Append a record to the log, and say `appended`.
    case append(Int, id: Digest, bytes: [UInt8])
    /// Answer a request that ordered an envelope: it stands in the log.
    case accept(Int, Digest)
    /// Answer a request: it was turned away, and why. The digest is the envelope's, zero if it has none.
    case refuse(Int, Digest, GatewayRefusal)
    /// Answer a pull: the newest certificate, the blobs of the steps to it, and handovers.
    case answer(Int, Certificate?, steps: [Digest], handovers: [Handover])
    /// Tell everyone: a version is final.
    case announce(VersionHeader)
    /// Tell each contributor what became of its update.
    case deliver([Receipt])
  }

  private let limits: Limits
  /// The gateway's replica of the ledger.
  public package(set) var replica: Replica
  private var steps: [Digest: [Digest]] = [:]
  /// Every change of the validators, the first one first.
  private(set) var handovers: [Handover] = []
  private var rates: RateLimiter<PublicKey>
  private var quotas: RateLimiter<PublicKey>
  private var waiting: [Int: Waiting] = [:]

  /// A request that was let through so far.
  private struct Waiting: Sendable {
    /// What the client has still to send: the blob of this digest.
    enum Upload: Sendable {
      case packet(Digest)
      case firstWeights(Digest)
    }

    let record: Replica.CheckedRecord
    let envelope: Envelope
    var upload: Upload?
  }

  /// Creates a gateway at the start of a network's log.
  public init(genesis: Genesis, limits: Limits = Limits()) {
    self.limits = limits
    replica = Replica(genesis)
    rates = RateLimiter(
      burst: limits.burstRequests, perSecond: limits.requestsPerSecond, keys: limits.trackedKeys)
    quotas = RateLimiter(
      burst: limits.burstBytes, perSecond: limits.bytesPerSecond, keys: limits.trackedKeys)
  }

  /// Takes an event, and says what is to be done.
  public mutating func handle(_ event: Event) -> [Directive] {
    switch event {
    case .record(let record): return follow(record).compactMap(Self.news)
    case .request(let number, .pull(let task, let after, let epoch), _):
      return answer(number, task, after: after, epoch: epoch)
    case .request(let number, .order(let bytes), let seconds):
      return open(number, bytes) { gateway, opened in gateway.order(number, opened, seconds: seconds) }
    case .request(let number, .upload(let packet, let submission), let seconds):
      let directives = open(number, submission) { gateway, opened in
        gateway.offer(number, opened, packetBytes: packet.count, seconds: seconds)
      }
      return waiting[number] == nil ? directives : take(number, packet)
    case .request(let number, .offer(let submission, let packetBytes), let seconds):
      return open(number, submission) { gateway, opened in
        gateway.offer(number, opened, packetBytes: packetBytes, seconds: seconds)
      }
    case .upload(let number, let bytes): return take(number, bytes)
    case .stored(let number):
      return waiting[number].map { [.append(number, id: $0.envelope.id, bytes: $0.envelope.wireBytes)] } ?? []
    case .appended(let number):
      return waiting.removeValue(forKey: number).map { [.accept(number, $0.envelope.id)] } ?? []
    case .failed(let number, let reason):
      return waiting.removeValue(forKey: number).map { [.refuse(number, $0.envelope.id, .engine(reason))] }
        ?? []
    }
  }

  /// Applies the log's next record, and says all that it did.
  public mutating func follow(_ record: Replica.CheckedRecord) -> [ReplicaEvent] {
    let events = replica.apply(record)
    for case .versionFinal(let header, _) in events { steps[header.task, default: []].append(header.step) }
    for case .validatorsChanged(let handover) in events { handovers.append(handover) }
    return events
  }

  /// The handovers that lead on from the validators of an epoch.
  public func handovers(after epoch: UInt64) -> ArraySlice<Handover> {
    handovers.dropFirst(Int(min(epoch, UInt64(handovers.count))))
  }

  /// What a gateway tells others of an event; nil for what concerns nobody else.
  public static func news(_ event: ReplicaEvent) -> Directive? {
    switch event {
    case .versionFinal(let header, _): .announce(header)
    case .receipts(let receipts): .deliver(receipts)
    default: nil
    }
  }

  private func answer(_ number: Int, _ task: Digest, after: UInt64, epoch: UInt64) -> [Directive] {
    guard let state = replica.tasks[task] else {
      return [.refuse(number, .zero, .rules(.unknownTask))]
    }
    guard after <= state.version else {
      return [.refuse(number, .zero, .notFinal(version: after, newest: state.version))]
    }
    return [
      .answer(
        number, state.certificate, steps: Array(steps[task, default: []].dropFirst(Int(after))),
        handovers: Array(handovers(after: epoch)))
    ]
  }

  private mutating func open(
    _ number: Int, _ bytes: [UInt8], _ proceed: (inout Gateway, Opened) -> [Directive]
  ) -> [Directive] {
    do throws(GatewayRefusal) {
      return proceed(&self, try Opened(bytes))
    } catch {
      return [.refuse(number, .zero, error)]
    }
  }

  /// Takes an order that was opened already, as `Request.order` is otherwise.
  public mutating func order(_ number: Int, _ opened: Opened, seconds: Double) -> [Directive] {
    do throws(GatewayRefusal) {
      try admit(opened, seconds)
      if case .submission = opened.transaction { throw GatewayRefusal.submissionWithoutPacket }
    } catch {
      return [.refuse(number, opened.envelope.id, error)]
    }
    waiting[number] = Waiting(record: opened.record, envelope: opened.envelope)
    return [.append(number, id: opened.envelope.id, bytes: opened.envelope.wireBytes)]
  }

  /// Takes an offer whose submission was opened already, as `Request.offer` is otherwise.
  public mutating func offer(
    _ number: Int, _ opened: Opened, packetBytes: Int, seconds: Double
  ) -> [Directive] {
    let envelope = opened.envelope
    do throws(GatewayRefusal) {
      try admit(opened, seconds)
      guard case .submission(let message) = opened.transaction else { throw GatewayRefusal.noSubmission }
      let limit = min(limits.packetBytes, packetBytesLimit(of: message.task))
      guard packetBytes <= limit else {
        throw GatewayRefusal.packetTooLarge(bytes: packetBytes, limitBytes: limit)
      }
      guard quotas.take(envelope.signer, cost: Double(packetBytes), at: seconds) else {
        throw GatewayRefusal.overQuota(bytesPerSecond: limits.bytesPerSecond)
      }
      waiting[number] = Waiting(record: opened.record, envelope: envelope, upload: .packet(message.packet))
      return [.receive(number)]
    } catch {
      return [.refuse(number, envelope.id, error)]
    }
  }

  /// Takes the proposal of a task: may so many bytes of first weights be uploaded for its creation? They are
  /// kept for the author alone whose creation names them and pays for them, and the task is not in the log
  /// before they are stored.
  public mutating func propose(
    _ number: Int, _ opened: Opened, weightsBytes: Int, seconds: Double
  ) -> [Directive] {
    let envelope = opened.envelope
    do throws(GatewayRefusal) {
      try admit(opened, seconds)
      guard case .taskCreation(let message) = opened.transaction else { throw GatewayRefusal.noCreation }
      let limit = limits.firstWeightsBytes
      guard weightsBytes <= limit else {
        throw GatewayRefusal.weightsTooLarge(bytes: weightsBytes, limitBytes: limit)
      }
      let specification = message.specification
      guard UInt64(weightsBytes) == 4 * specification.parameterCount else {
        throw GatewayRefusal.otherWeights
      }
      guard quotas.take(envelope.signer, cost: Double(weightsBytes), at: seconds) else {
        throw GatewayRefusal.overQuota(bytesPerSecond: limits.bytesPerSecond)
      }
      waiting[number] = Waiting(
        record: opened.record, envelope: envelope, upload: .firstWeights(specification.firstWeights))
      return [.receive(number)]
    } catch {
      return [.refuse(number, envelope.id, error)]
    }
  }

  // While the bytes were on their way the log went on.
  private mutating func take(_ number: Int, _ bytes: [UInt8]) -> [Directive] {
    guard let entry = waiting[number], let upload = entry.upload else { return [] }
    let mismatch: GatewayRefusal? =
      switch upload {
      case .packet(let digest): Packet.digest(of: bytes) == digest ? nil : .otherPacket
      case .firstWeights(let digest): Digest(of: bytes, in: .blob) == digest ? nil : .otherWeights
      }
    if let refusal = mismatch ?? replica.refusal(of: entry.record).map({ .rules($0) }) {
      waiting[number] = nil
      return [.refuse(number, entry.envelope.id, refusal)]
    }
    waiting[number]?.upload = nil
    return [.store(number, bytes)]
  }

  /// What a packet of a task has at most, in bytes: no update is longer than its values as dense Float32
  /// under a header, and under a seal if the task has one.
  public func packetBytesLimit(of task: Digest) -> Int {
    guard let specification = replica.tasks[task]?.specification else { return 0 }
    let plain = 4 * Int(specification.parameterCount) + 2 * UpdateLimits.headerBytesLimit
    guard specification.privacy.isSealed else { return plain }
    return plain + SealedBlob.overheadBytes(recipients: replica.validators.members.count)
  }

  /// Lets a signed transaction through if it is within its key's rate, and if the replica would take it.
  private mutating func admit(_ opened: Opened, _ seconds: Double) throws(GatewayRefusal) {
    guard rates.take(opened.envelope.signer, at: seconds) else {
      throw .overRate(requestsPerSecond: limits.requestsPerSecond)
    }
    if let refusal = replica.refusal(of: opened.record) { throw .rules(refusal) }
  }
}
