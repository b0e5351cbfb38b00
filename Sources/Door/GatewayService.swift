import Agents
import Engines
import HTTP
import Ledger
import Wire

/// A gateway at work: owns the `Gateway` value, feeds it the log, carries out its directives, and answers
/// requests.
actor GatewayService {
  let genesis: Genesis
  let log: any LogEngine
  let blobs: any BlobStore
  let limits: DoorLimits
  private let seconds: @Sendable () -> Double
  var gateway: Gateway
  var publications: Publications
  var orders: OrderBook
  /// Orders that were let through, by their identifiers, so that a signature is not checked again when the
  /// log brings the order back.
  var checkedRecords: BoundedMemory<Digest, Replica.CheckedRecord>
  var receipts: ReceiptBook
  var metrics = GatewayMetrics()
  var shelf: BlobShelf
  var fetches: [Digest: Task<Result<[UInt8], EngineError>, Never>] = [:]
  var eventStreams = 0
  /// By task, the newest version that somebody was told of.
  var announced: [Digest: Announcement] = [:]
  var subscribers: [Int: AsyncStream<Void>.Continuation] = [:]
  private var addresses: RateLimiter<PeerAddress>
  private var nextNumber = 0
  private var fault: String?
  private var statistics: (@Sendable () -> ServerStatistics)?

  init(
    _ genesis: Genesis, log: any LogEngine, blobs: any BlobStore, _ configuration: DoorConfiguration
  ) {
    self.genesis = genesis
    self.log = log
    self.blobs = blobs
    limits = configuration.limits
    seconds = configuration.seconds
    gateway = Gateway(genesis: genesis, limits: configuration.gateway)
    publications = Publications(certificates: limits.certificates)
    orders = OrderBook(recentRecords: limits.recentRecords)
    checkedRecords = BoundedMemory(limit: limits.checkedRecords)
    receipts = ReceiptBook(
      contributors: limits.receiptContributors, perContributor: limits.receiptsPerContributor)
    shelf = BlobShelf(lentBytesLimit: limits.lentBlobBytes, recentBytesLimit: limits.cachedBlobBytes)
    addresses = RateLimiter(
      burst: limits.burstRequests, perSecond: limits.requestsPerSecond, keys: limits.trackedAddresses)
  }

  var replica: Replica { gateway.replica }
  var now: Double { seconds() }

  /// Has the server's figures in the metrics.
  func watch(_ statistics: @escaping @Sendable () -> ServerStatistics) { self.statistics = statistics }

  func takeNumber() -> Int {
    nextNumber += 1
    return nextNumber
  }

  // MARK: following the log

  /// Applies what the log holds by now, so that nobody hears of an older state; nothing if the log cannot be
  /// reached, which `health` says then.
  ///
  /// - Returns: where to follow it from
  nonisolated func catchUp() async -> LogPosition {
    guard let length = try? await log.head().length, length > 0 else { return .start }
    return await follow(from: .start, to: LogPosition(length))
  }

  /// Applies the log's records, those still to come included, up to a position, or until the task is
  /// cancelled or the log is closed. Signatures are checked outside of the actor.
  ///
  /// - Returns: the position after the last one
  @discardableResult
  nonisolated func follow(from start: LogPosition, to last: LogPosition? = nil) async -> LogPosition {
    var position = start
    guard await fault == nil else { return position }
    do {
      for try await record in log.records(from: start) {
        let checked = await known(record) ?? Replica.CheckedRecord(record.bytes, id: record.id)
        guard await apply(record, checked) else { return position }
        position = record.position.next
        if position == last { return position }
      }
      await end("the gateway stops")
    } catch  where Task.isCancelled {
      await end("the gateway stops")
    } catch {
      await end("the log cannot be read: \(error.problem)")
    }
    return position
  }

  // The identifier leaves the signature out, which may differ from the one that was checked.
  private func known(_ record: LogRecord) -> Replica.CheckedRecord? {
    checkedRecords.remove(record.id).flatMap { $0.envelope?.wireBytes == record.bytes ? $0 : nil }
  }

  /// Applies a record; false if it does not fit to those before.
  private func apply(_ record: LogRecord, _ checked: Replica.CheckedRecord) -> Bool {
    let events = gateway.follow(checked)
    guard replica.chain.digest == record.chain else {
      end("the log's hash chain breaks at record \(record.position.index)")
      return false
    }
    let isNews = publications.note(
      events, envelope: checked.envelope, position: record.position.index, replica: replica)
    receipts.note(events)
    orders.note(record.id, events, position: record.position.index)
    if isNews { wakeSubscribers() }
    return true
  }

  // What is known stays readable; nothing is taken any more.
  private func end(_ reason: String) {
    fault = reason
    orders.close()
  }

  // MARK: answering

  /// Answers a request.
  nonisolated func respond(to request: Request) async throws -> Response {
    let route = Route(request.head.target)
    do {
      let response = try await answer(request, route)
      await count(route, request.head.method, response.status)
      return response
    } catch {
      await count(route, request.head.method, (error as? HTTPError)?.code == .tooLarge ? 413 : 500)
      throw error
    }
  }

  private func count(_ route: Route?, _ method: String, _ status: Int) {
    metrics.answered(route, method, status)
  }

  private nonisolated func answer(_ request: Request, _ route: Route?) async throws -> Response {
    guard await addressMayAsk(request.peer) else {
      return Answers.later(
        429, code: "overRate",
        "more than \(Int(limits.requestsPerSecond)) requests a second of this address; send them slower")
    }
    guard let route else {
      return Answers.notFound("nothing is at this path; docs/openapi.yaml lists what there is")
    }
    guard route.methods.contains(request.head.method) else {
      let methods = route.methods.joined(separator: ", ")
      var response = Response.problem(
        405, code: "methodNotAllowed", detail: "\(route.pattern) takes \(methods); use one of these")
      response.headers.add("allow", methods)
      return response
    }
    switch route {
    case .transactions: return try await order(request)
    case .packets(let task): return try await upload(request, to: task)
    case .tasks where request.head.method == "POST": return try await openTask(request)
    case .events: return await events(request)
    case .blob(let digest): return try await blob(digest, request)
    case .proof(let key): return try await proof(of: key, request)
    default: return try await read(route, request)
    }
  }

  private func addressMayAsk(_ peer: PeerAddress) -> Bool { addresses.take(peer, at: now) }

  func health() async throws -> Response {
    let length = try? await log.head().length
    let lag = (length ?? 0) - min(length ?? 0, replica.chain.length)
    let status = fault ?? (length == nil ? "the log cannot be reached" : "ok")
    return try Answers.json(HealthView(status: status, lag: lag), status: status == "ok" ? 200 : 503)
  }

  func metricsText() async -> Response {
    let length = try? await log.head().length
    let text = metrics.text(
      replica, lag: length.map { $0 - min($0, replica.chain.length) }, subscribers: eventStreams,
      blobBytes: shelf.recentBytes + shelf.lentBytes, statistics?())
    return Response(type: "text/plain; version=0.0.4; charset=utf-8", Array(text.utf8))
  }
}
