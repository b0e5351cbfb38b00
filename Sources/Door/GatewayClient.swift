public import Agents
import Foundation
public import HTTP
public import Ledger
public import Updates
public import Wire

/// A gateway as its clients see it: contributors, and whoever reads a model.
///
/// What validators or the author signed comes back as it was signed, for the caller to check; the rest is the
/// gateway's word.
public struct GatewayClient: Sendable {
  /// What became of an order. A gateway that has no time for it now has not decided: the client throws
  /// `HTTPError` with code `busy`.
  public enum Outcome: Sendable, Hashable {
    /// It stands in the log at this position, and was applied.
    case accepted(position: UInt64)
    /// It was turned away.
    case refused(Problem)
  }

  /// Changes of the validators that one pull gets over; the next one goes on from there.
  private static let handoversOfPull = 16_384

  private let http: HTTPClient

  /// Creates a client of a gateway, such as `https://gateway.example:8443`.
  public init(_ server: String, configuration: ClientConfiguration = ClientConfiguration()) {
    http = HTTPClient(server, configuration: configuration)
  }

  /// Where the gateway's replica stands.
  public func head() async throws(HTTPError) -> HeadView { try await json("/v1/head") }

  /// Whether the gateway works, and how far its replica is behind the log.
  public func health() async throws(HTTPError) -> HealthView {
    let path = "/healthz"
    let answer = try await http.send(ClientRequest("GET", path))
    guard answer.isSuccess || answer.status == 503 else { throw refusal(answer, path) }
    return try decodeJSON(answer.body, path)
  }

  /// All tasks of the network, by ascending identifier.
  public func tasks() async throws(HTTPError) -> [TaskView] {
    let path = "/v1/tasks"
    var tasks: [TaskView] = []
    var last = Digest.zero
    while true {
      let page: [TaskView] = try await json("\(path)?after=\(last.hex)")
      guard let end = page.last else { return tasks }
      // A list that does not ascend would never end.
      guard let next = Digest(hex: end.id), next > last, tasks.count + page.count <= Limits.tasks else {
        throw malformed(path, "the list of tasks does not ascend, or is longer than a network has tasks")
      }
      tasks += page
      last = next
    }
  }

  /// A task as it stands now.
  public func task(_ id: Digest) async throws(HTTPError) -> TaskView {
    try await json("/v1/tasks/\(id.hex)")
  }

  /// What a key's next transactions carry, and what it holds.
  public func account(_ key: PublicKey) async throws(HTTPError) -> AccountView {
    try await json("/v1/accounts/\(key.hex)")
  }

  /// What a key has ordered before, for a contributor to a task that starts again.
  public func standing(of key: PublicKey, in task: Digest) async throws(HTTPError) -> Contributor.Standing {
    try await account(key).standing(in: task)
  }

  /// What became of a contributor's newest updates.
  public func receipts(of contributor: PublicKey) async throws(HTTPError) -> [ReceiptView] {
    try await json("/v1/receipts?contributor=\(contributor.hex)")
  }

  /// The envelope that opened a task, for `TaskOffer` to check.
  public func creation(of task: Digest) async throws(HTTPError) -> Envelope {
    try await message("/v1/tasks/\(task.hex)", limit: Envelope.bytesLimit)
  }

  /// A version's certificate, the newest if no number is given; nil if it is not final.
  public func certificate(of task: Digest, version: UInt64? = nil) async throws(HTTPError) -> Certificate? {
    let name = version.map { "\($0)" } ?? "latest"
    let path = "/v1/tasks/\(task.hex)/versions/\(name)"
    let answer = try await http.send(protobuf(path), limitBytes: Limits.certificateBytes)
    return answer.status == 404 ? nil : try decode(answer, path, limit: Limits.certificateBytes)
  }

  /// The final versions after one, the oldest first.
  public func versions(of task: Digest, after version: UInt64) async throws(HTTPError) -> [VersionView] {
    try await json("/v1/tasks/\(task.hex)/versions?after=\(version)")
  }

  /// Weights of versions that a newcomer may start from, the newest last.
  public func checkpoints(of task: Digest) async throws(HTTPError) -> [CheckpointView] {
    try await json("/v1/tasks/\(task.hex)/checkpoints")
  }

  /// What an account held at the newest version, for `LightClient` to check; nil if nothing can be proved.
  public func proof(of key: PublicKey) async throws(HTTPError) -> AccountProof? {
    let path = "/v1/accounts/\(key.hex)/proof"
    let answer = try await http.send(protobuf(path), limitBytes: 2 * Limits.certificateBytes)
    return answer.status == 404 ? nil : try decode(answer, path, limit: 2 * Limits.certificateBytes)
  }

  /// A published blob, which has the digest.
  public func blob(_ digest: Digest, limitBytes: Int) async throws(HTTPError) -> [UInt8] {
    let path = "/v1/blobs/\(digest.hex)"
    let bytes = try await http.download(path, limitBytes: limitBytes)
    guard Digest(of: bytes, in: .blob) == digest else {
      throw malformed(path, "the bytes do not have the digest that was asked for")
    }
    return bytes
  }

  /// The handovers that lead on from the validators of an epoch, for `LightClient` to follow: as many as one
  /// answer holds.
  public func handovers(after epoch: UInt64) async throws(HTTPError) -> [Handover] {
    let path = "/v1/validators/handovers?after=\(epoch)"
    let chain: HandoverChain = try await message(path, limit: 2 * Limits.handoverBytes)
    return chain.handovers
  }

  /// The certificate of the newest version, the steps to it from one that the caller has, and the handovers
  /// from the validators that the caller trusts to the newest that the gateway knows of.
  ///
  /// - Parameter stepBytes: the greatest length of a step
  public func pull(
    _ task: Digest, after version: UInt64, epoch: UInt64 = 0,
    stepBytes: Int = UpdateLimits.messageBytesLimit
  ) async throws(HTTPError) -> PublishedVersion {
    let versions = try await versions(of: task, after: version)
    guard let last = versions.last else {
      return PublishedVersion(certificate: nil, steps: [], handovers: try await allHandovers(after: epoch))
    }
    var steps: [[UInt8]] = []
    for version in versions {
      guard let step = Digest(hex: version.step) else {
        throw malformed("/v1/tasks/\(task.hex)/versions", "a step's name is no digest")
      }
      steps.append(try await blob(step, limitBytes: stepBytes))
    }
    let certificate = try await certificate(of: task, version: last.version)
    return PublishedVersion(
      certificate: certificate, steps: steps, handovers: try await allHandovers(after: epoch))
  }

  /// The handovers from the validators of an epoch to the newest.
  private func allHandovers(after epoch: UInt64) async throws(HTTPError) -> [Handover] {
    var found: [Handover] = []
    while true {
      let page = try await handovers(after: epoch + UInt64(found.count))
      if page.isEmpty { return found }
      found += page
      guard found.count <= Self.handoversOfPull else {
        throw malformed("/v1/validators/handovers", "there are more handovers than anyone can follow")
      }
    }
  }

  /// The handovers from the validators of one epoch to those of another.
  public func handovers(after epoch: UInt64, to last: UInt64) async throws(HTTPError) -> [Handover] {
    var found: [Handover] = []
    // What is claimed is not proved yet, so that a pull has an end.
    while last > epoch, UInt64(found.count) < last - epoch {
      let page = try await handovers(after: epoch + UInt64(found.count))
      guard !page.isEmpty, found.count + page.count <= Self.handoversOfPull else {
        throw malformed("/v1/validators/handovers", "the handovers to epoch \(last) are missing")
      }
      found += page
    }
    return found
  }

  /// What validators signed. If they are later ones than those that are trusted, the gateway is asked how
  /// these handed over to them.
  ///
  /// - Throws: `LedgerError` if they did not sign it, or `HTTPError`
  public func check(
    _ certificate: Certificate, by light: inout LightClient
  ) async throws -> VersionHeader {
    try light.follow(try await handovers(after: light.epoch, to: certificate.claimedEpoch ?? 0))
    return try light.check(certificate)
  }

  /// A version's certificate with the header that it makes final, the newest if no number is given; nil if it
  /// is not final.
  ///
  /// - Throws: `LedgerError` if it does not check out, `AgentError` if it is another version's or another
  ///   task's; `HTTPError`
  public func certified(
    _ task: Digest, version: UInt64? = nil, by light: inout LightClient
  ) async throws -> (header: VersionHeader, certificate: Certificate)? {
    guard let certificate = try await certificate(of: task, version: version) else { return nil }
    let header = try await check(certificate, by: &light)
    guard header.task == task, version == nil || header.version == version else {
      throw AgentError.version("\(http.server) answers with another certificate; ask another gateway")
    }
    return (header, certificate)
  }

  /// Orders an envelope. If no answer came, the same may be ordered again.
  public func order(_ envelope: Envelope) async throws(HTTPError) -> Outcome {
    let headers: Headers = ["content-type": Answers.protobufType]
    return try await outcome(
      ClientRequest("POST", "/v1/transactions", headers: headers, body: envelope.wireBytes))
  }

  /// Uploads a packet with its submission. If no answer came, the same may be uploaded again.
  public func upload(
    _ packet: [UInt8], submission: Envelope, to task: Digest
  ) async throws(HTTPError) -> Outcome {
    let headers: Headers = [
      "content-type": "application/octet-stream", "expect": "100-continue",
      GatewayService.submissionField: Base64URL.encode(submission.wireBytes),
    ]
    return try await outcome(
      ClientRequest("POST", "/v1/tasks/\(task.hex)/packets", headers: headers, body: packet))
  }

  /// Opens a task, with the first weights that its creation names. If no answer came, the same may be sent
  /// again.
  public func open(_ creation: Envelope, firstWeights: [UInt8]) async throws(HTTPError) -> Outcome {
    let bytes = creation.wireBytes
    let headers: Headers = [
      "content-type": "application/octet-stream", "expect": "100-continue",
      GatewayService.creationBytesField: "\(bytes.count)",
    ]
    return try await outcome(ClientRequest("POST", "/v1/tasks", headers: headers, body: bytes + firstWeights))
  }

  /// New versions as they become final, beginning with the newest of every task.
  public func newVersions() -> AsyncThrowingStream<VersionView, any Error> {
    let (versions, continuation) = AsyncThrowingStream.makeStream(of: VersionView.self)
    let task = Task {
      do {
        for try await event in http.events("/v1/events") where event.name == "version" {
          continuation.yield(try JSONDecoder().decode(VersionView.self, from: Data(event.data.utf8)))
        }
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    continuation.onTermination = { _ in task.cancel() }
    return versions
  }
}

extension GatewayClient {
  private func protobuf(_ path: String) -> ClientRequest {
    ClientRequest("GET", path, headers: ["accept": Answers.protobufType])
  }

  private func outcome(_ request: ClientRequest) async throws(HTTPError) -> Outcome {
    let answer = try await http.send(request)
    if answer.isSuccess {
      let order: OrderView = try decodeJSON(answer.body, request.path)
      return .accepted(position: order.position)
    }
    let problem: Problem = try decodeJSON(answer.body, request.path)
    if let busy = busy(answer, problem, request.path) { throw busy }
    return .refused(problem)
  }

  private func json<Value: Decodable>(_ path: String) async throws(HTTPError) -> Value {
    let answer = try await http.send(ClientRequest("GET", path, headers: ["accept": "application/json"]))
    guard answer.isSuccess else { throw refusal(answer, path) }
    return try decodeJSON(answer.body, path)
  }

  private func decodeJSON<Value: Decodable>(_ bytes: [UInt8], _ path: String) throws(HTTPError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(bytes))
    } catch {
      throw malformed(path, "the answer is not the JSON that belongs there")
    }
  }

  private func message<Message: WireMessage>(_ path: String, limit: Int) async throws(HTTPError) -> Message {
    try decode(try await http.send(protobuf(path), limitBytes: limit), path, limit: limit)
  }

  private func decode<Message: WireMessage>(
    _ answer: ClientResponse, _ path: String, limit: Int
  ) throws(HTTPError) -> Message {
    guard answer.isSuccess else { throw refusal(answer, path) }
    do {
      return try Message(wireBytes: answer.body, limit: limit)
    } catch {
      throw malformed(path, error.description)
    }
  }

  private func refusal(_ answer: ClientResponse, _ path: String) -> HTTPError {
    let problem: Problem? = try? decodeJSON(answer.body, path)
    return busy(answer, problem, path)
      ?? malformed(path, "the gateway answers \(answer.status): \(problem?.detail ?? "no reason is given")")
  }

  /// Whether the gateway asks to be asked later. What the ledger refuses stays refused, however often it is
  /// asked.
  private func busy(_ answer: ClientResponse, _ problem: Problem?, _ path: String) -> HTTPError? {
    guard answer.status == 429 || answer.status == 503,
      problem.flatMap({ Refusal(rawValue: $0.code) }) == nil
    else { return nil }
    let seconds = answer.headers["retry-after"].flatMap { UInt16($0) }
    return HTTPError(
      .busy, at: http.server + path, problem: problem?.detail ?? "the gateway answers \(answer.status)",
      remedy: "ask again later", retrySeconds: seconds.map { Double($0) } ?? 1)
  }

  private func malformed(_ path: String, _ problem: String) -> HTTPError {
    HTTPError(.malformed, at: http.server + path, problem: problem, remedy: "ask another gateway")
  }
}
