import Agents
import Engines
import HTTP
import Ledger
import Wire

// What goes up: transactions, packets with their submissions, and first weights with their tasks.
extension GatewayService {
  /// The header field with the submission's envelope in base64url: so it is checked before the packet is
  /// read, and a client that asks first does not even send it.
  static let submissionField = "tributary-submission"
  /// The header field with the length of the envelope that opens a task: it stands in the body, before the
  /// first weights. A creation names its model's tensors, for which a head has no room.
  static let creationBytesField = "tributary-creation-bytes"

  nonisolated func order(_ request: Request) async throws -> Response {
    if let objection = Self.objection(to: request, type: Answers.protobufType) { return objection }
    let bytes = try await request.body.read(limitBytes: Envelope.bytesLimit)
    let opened: Gateway.Opened
    do throws(GatewayRefusal) {
      opened = try Gateway.Opened(bytes)
    } catch {
      return await refuse(error)
    }
    return try await order(opened)
  }

  private func order(_ opened: Gateway.Opened) async throws -> Response {
    if let known = try known(opened) { return known }
    let number = takeNumber()
    let directives = gateway.order(number, opened, seconds: now)
    if case .append? = directives.first { checkedRecords.set(opened.envelope.id, opened.record) }
    return try await settle(number, directives, kind: "transaction")
  }

  nonisolated func upload(_ request: Request, to task: Digest) async throws -> Response {
    if let objection = Self.objection(to: request, type: Self.blobType) { return objection }
    let field = Self.submissionField
    guard let text = request.head.headers[field] else {
      return await refuse(
        401, code: "missingSignature",
        "the header \(field) is absent; send the signed envelope in it, in base64url")
    }
    guard let envelope = Base64URL.decode(text) else {
      return await refuse(
        400, code: "malformed", "the header \(field) is no base64url; encode it without padding")
    }
    return try await receive(request, envelope, blobBytes: request.body.length, kind: "packet") {
      service, number, opened, now in
      guard service.replica.tasks[task] != nil else {
        return [.refuse(number, opened.envelope.id, .rules(.unknownTask))]
      }
      return service.gateway.offer(number, opened, packetBytes: request.body.length, seconds: now)
    }
  }

  nonisolated func openTask(_ request: Request) async throws -> Response {
    if let objection = Self.objection(to: request, type: Self.blobType) { return objection }
    let field = Self.creationBytesField
    guard let text = request.head.headers[field] else {
      return await refuse(
        401, code: "missingSignature",
        "the header \(field) is absent; send the signed envelope before the weights, and its length in it")
    }
    guard let envelopeBytes = Int(text), (1...Envelope.bytesLimit).contains(envelopeBytes),
      envelopeBytes <= request.body.length
    else {
      return await refuse(
        400, code: "malformed",
        "the header \(field) is not the length of an envelope that the body begins with")
    }
    let envelope = try await request.body.read(next: envelopeBytes)
    let weightsBytes = request.body.length - envelopeBytes
    return try await receive(request, envelope, blobBytes: weightsBytes, kind: "task") {
      service, number, opened, now in
      service.gateway.propose(number, opened, weightsBytes: weightsBytes, seconds: now)
    }
  }

  private static let blobType = "application/octet-stream"

  /// Receives a blob, and orders the envelope that came ahead of it: the gateway sees the envelope before a
  /// byte of the blob.
  private nonisolated func receive(
    _ request: Request, _ bytes: [UInt8], blobBytes: Int, kind: String,
    _ ask: @Sendable (isolated GatewayService, Int, Gateway.Opened, Double) -> [Gateway.Directive]
  ) async throws -> Response {
    let opened: Gateway.Opened
    do throws(GatewayRefusal) {
      opened = try Gateway.Opened(bytes)
    } catch {
      return await refuse(error)
    }
    let (number, refusal) = try await consider(opened, ask)
    if let refusal { return refusal }
    do {
      let blob = try await request.body.read(next: blobBytes)
      return try await take(number, blob, kind: kind)
    } catch let error as HTTPError {
      await abandon(number)
      throw error
    }
  }

  /// Asks the gateway whether a blob may come; the answer if it may not, or was here before.
  private func consider(
    _ opened: Gateway.Opened,
    _ ask: @Sendable (isolated GatewayService, Int, Gateway.Opened, Double) -> [Gateway.Directive]
  ) throws -> (number: Int, answer: Response?) {
    if let known = try known(opened) { return (0, known) }
    let number = takeNumber()
    for case .refuse(_, _, let refusal) in ask(self, number, opened, now) { return (number, refuse(refusal)) }
    checkedRecords.set(opened.envelope.id, opened.record)
    return (number, nil)
  }

  private func take(_ number: Int, _ blob: [UInt8], kind: String) async throws -> Response {
    try await settle(number, gateway.handle(.upload(number, blob)), kind: kind)
  }

  private func abandon(_ number: Int) { _ = gateway.handle(.failed(number, "the upload did not come")) }

  private func refuse(_ status: Int, code: String, _ detail: String) -> Response {
    metrics.refused(code)
    return .problem(status, code: code, detail: detail)
  }

  private func refuse(_ refusal: GatewayRefusal) -> Response {
    metrics.refused(refusal.code)
    return Answers.problem(refusal)
  }

  /// Carries out what the gateway wants, until the request has an answer.
  private func settle(_ number: Int, _ first: [Gateway.Directive], kind: String) async throws -> Response {
    var directives = first
    while let directive = directives.first {
      switch directive {
      case .store(_, let bytes):
        do throws(EngineError) {
          _ = try await blobs.put(bytes)
          directives = gateway.handle(.stored(number))
        } catch {
          directives = gateway.handle(.failed(number, error.problem))
        }
      case .append(_, let id, let bytes):
        do throws(EngineError) {
          _ = try await log.append([LogAppend(id: id, bytes: bytes)])
          directives = gateway.handle(.appended(number))
        } catch {
          directives = gateway.handle(.failed(number, error.problem))
        }
      case .accept(_, let id):
        let outcome = await withCheckedContinuation { orders.wait(for: id, $0) }
        guard let outcome else { return refuse(.engine("the gateway no longer follows the log")) }
        return try answer(id, outcome, kind: kind)
      case .refuse(_, _, let refusal): return refuse(refusal)
      default: directives.removeFirst()
      }
    }
    return refuse(.engine("the request was given up"))
  }

  /// The answer to an order that stands in the log already, if it is one of the newest.
  ///
  /// A client that got no answer orders the same again: it is told what the first one came to, instead of
  /// being refused for a nonce that it has used itself.
  private func known(_ opened: Gateway.Opened) throws -> Response? {
    let id = opened.envelope.id
    return try orders[id].map { try answer(id, $0, kind: nil) }
  }

  /// - Parameter kind: what is counted as accepted; nil for an order that was there before
  private func answer(_ id: Digest, _ outcome: OrderBook.Outcome, kind: String?) throws -> Response {
    if let refusal = outcome.refusal { return refuse(.rules(refusal)) }
    if let kind { metrics.accepted(kind) }
    let view = OrderView(id: id.hex, position: outcome.position)
    return try Answers.json(view, status: kind == nil ? 200 : 201)
  }

  private static func objection(to request: Request, type: String) -> Response? {
    guard request.head.headers["content-type"]?.lowercased() != type else { return nil }
    return .problem(
      415, code: "unsupportedMediaType", detail: "the body is not of type \(type); send it as that")
  }
}
