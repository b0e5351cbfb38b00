import CNats
import Glibc

/// One connection to a NATS server, through libnats. All calls block.
///
/// It does not reconnect: `NatsLink` makes a new one, so that whoever holds subscriptions learns of it.
///
/// The pointer is libnats' handle, which any thread may use; it is freed when the last reference goes.
final class NatsConnection: @unchecked Sendable {
  private let handle: OpaquePointer
  private let place: String
  private let inbox: String
  private let tag: NatsCallbacks.Tag

  // A server that leaves two pings unanswered is gone, after about 15 seconds.
  private static let pingMilliseconds: Int64 = 5_000
  private static let unansweredPingsLimit: CInt = 2
  // A queue of a subscription takes as many bytes as pages ask for; what limits it is the number of messages.
  private static let queueBytesLimit: CInt = 256 << 20

  /// Connects to one of the servers and logs in.
  ///
  /// - Throws: `EngineError` with code `unreachable`, `notPermitted`, `malformed` or `system`.
  init(_ servers: NatsServers) throws(EngineError) {
    place = servers.place
    inbox = NatsServers.inbox(of: servers.key?.user)
    tag = NatsCallbacks.register(key: servers.key)
    var options: OpaquePointer?
    defer { natsOptions_Destroy(options) }
    var connection: OpaquePointer?
    var status = natsOptions_Create(&options)
    if status == NATS_OK { status = Self.configure(options, servers, inbox: inbox, tag: tag) }
    if status == NATS_OK { status = natsConnection_Connect(&connection, options) }
    guard status == NATS_OK, let connection else {
      let detail = Self.lastError()
      NatsCallbacks.forget(tag)
      throw .nats(status, at: place, doing: "connect", detail: detail)
    }
    handle = connection
  }

  deinit {
    natsConnection_Destroy(handle)
    NatsCallbacks.forget(tag)
  }

  /// Whether the connection is lost, or was closed.
  var isClosed: Bool { natsConnection_IsClosed(handle) }

  /// The length in bytes of the longest message, headers and body, that the server takes.
  var payloadBytesLimit: Int { Int(natsConnection_GetMaxPayload(handle)) }

  /// What the server last complained of, such as a subject that the key may not use; empty if nothing.
  var complaint: String { NatsCallbacks.lastError(of: tag) }

  /// Ends the connection. Calls that block return with an error.
  func close() { natsConnection_Close(handle) }

  /// Sends a message and waits for one answer.
  ///
  /// - Throws: `EngineError` with code `unreachable`, `notPermitted`, `limitExceeded` or `system`.
  func request(_ message: NatsMessage, within limit: Duration) throws(EngineError) -> NatsMessage {
    let request = try prepare(message, replyTo: nil)
    defer { natsMsg_Destroy(request) }
    var answer: OpaquePointer?
    let status = natsConnection_RequestMsg(&answer, handle, request, limit.wholeMilliseconds)
    guard status == NATS_OK, let answer else { throw failure(status, message.subject) }
    return NatsMessage(consuming: answer)
  }

  /// Sends a message whose answers go to a subscription.
  func send(_ message: NatsMessage, replyTo subscription: NatsSubscription) throws(EngineError) {
    let request = try prepare(message, replyTo: subscription.subject)
    defer { natsMsg_Destroy(request) }
    let status = natsConnection_PublishMsg(handle, request)
    guard status == NATS_OK else { throw failure(status, message.subject) }
  }

  /// Starts to queue what arrives on a subject.
  ///
  /// - Parameters:
  ///   - subject: the subject; nil for a new one that nobody else knows.
  ///   - messagesLimit: how many messages to queue at most; further ones are dropped.
  func subscribe(_ subject: String? = nil, messagesLimit: Int) throws(EngineError) -> NatsSubscription {
    let subject = subject ?? "\(inbox).\(UInt64.random(in: 0 ... .max))"
    var subscription: OpaquePointer?
    var status = natsConnection_SubscribeSync(&subscription, handle, subject)
    if status == NATS_OK {
      status = natsSubscription_SetPendingLimits(
        subscription, CInt(clamping: messagesLimit), Self.queueBytesLimit)
    }
    guard status == NATS_OK, let subscription else { throw failure(status, subject) }
    return NatsSubscription(subscription, subject: subject, of: self)
  }

  /// Says that nothing came on a subject in time.
  func timeout(of subject: String) -> EngineError { failure(NATS_TIMEOUT, subject) }

  /// Says what a status of libnats means for an operation on a subject.
  func failure(_ status: natsStatus, _ subject: String) -> EngineError {
    // The server refuses a subject on the side, and the request itself just finds no answer.
    let complaint = complaint
    if status == NATS_TIMEOUT, complaint.contains("\"\(subject)\"") {
      return .nats(NATS_NOT_PERMITTED, at: place, doing: "use \(subject)", detail: complaint)
    }
    return .nats(status, at: place, doing: "use \(subject)", detail: "")
  }

  private func prepare(
    _ message: NatsMessage, replyTo reply: String?
  ) throws(EngineError) -> OpaquePointer {
    let (request, status) = message.handle(reply: reply)
    guard let request else { throw failure(status, message.subject) }
    return request
  }

  private static func configure(
    _ options: OpaquePointer?, _ servers: NatsServers, inbox: String, tag: NatsCallbacks.Tag
  ) -> natsStatus {
    // libnats copies the addresses; its list wants them mutable.
    var addresses = servers.addresses.map { UnsafePointer(strdup($0)) }
    defer { for address in addresses { free(UnsafeMutableRawPointer(mutating: address)) } }
    let steps: [() -> natsStatus] = [
      { natsOptions_SetServers(options, &addresses, CInt(addresses.count)) },
      { natsOptions_SetName(options, "tributary") },
      { natsOptions_SetTimeout(options, servers.connectLimit.wholeMilliseconds) },
      { natsOptions_SetAllowReconnect(options, false) },
      { natsOptions_SetIgnoreDiscoveredServers(options, true) },
      { natsOptions_SetFailRequestsOnDisconnect(options, true) },
      { natsOptions_SetSendAsap(options, true) },
      { natsOptions_SetPingInterval(options, pingMilliseconds) },
      { natsOptions_SetMaxPingsOut(options, unansweredPingsLimit) },
      { natsOptions_SetCustomInboxPrefix(options, inbox) },
      { NatsCallbacks.install(tag, in: options, userName: servers.key?.user.name) },
      { servers.authorityPath.map { natsOptions_LoadCATrustedCertificates(options, $0) } ?? NATS_OK },
      { servers.wantsTLS ? natsOptions_SetSecure(options, true) : NATS_OK },
    ]
    for step in steps {
      let status = step()
      if status != NATS_OK { return status }
    }
    return NATS_OK
  }

  /// What libnats has to say about the last call of this thread.
  private static func lastError() -> String {
    nats_GetLastError(nil).map { String(cString: $0) } ?? ""
  }
}

extension NatsServers {
  /// The subject below which a user's answers arrive. Each user has an own one, so that none reads another's.
  static func inbox(of user: NatsUser?) -> String {
    user.map { "_INBOX.\($0.name)" } ?? "_INBOX.anyone"
  }

  fileprivate var wantsTLS: Bool {
    authorityPath != nil || addresses.contains { $0.hasPrefix("tls://") }
  }
}

extension EngineError {
  /// Says what a status of libnats means.
  ///
  /// - Parameters:
  ///   - status: the status, not `NATS_OK`.
  ///   - place: the servers.
  ///   - operation: what was tried, as a verb with its object.
  ///   - detail: what else is known; may be empty.
  static func nats(
    _ status: natsStatus, at place: String, doing operation: String, detail: String
  ) -> EngineError {
    let text = natsStatus_GetText(status).map { String(cString: $0) } ?? "status \(status.rawValue)"
    let problem = "cannot \(operation): \(detail.isEmpty ? text : detail)"
    return switch status {
    case NATS_CONNECTION_AUTH_FAILED, NATS_NOT_PERMITTED:
      EngineError(
        .notPermitted, at: place, problem: problem,
        remedy: "check the node's key, and its role in the servers' configuration")
    case NATS_NO_RESPONDERS:
      EngineError(
        .unreachable, at: place, problem: "\(problem): nobody serves the subject",
        remedy: "check that JetStream is on, has a leader, and that the streams were created")
    case NATS_TIMEOUT, NATS_NO_SERVER, NATS_IO_ERROR, NATS_CONNECTION_CLOSED, NATS_STALE_CONNECTION,
      NATS_CONNECTION_DISCONNECTED, NATS_INVALID_SUBSCRIPTION, NATS_PROTOCOL_ERROR:
      EngineError(
        .unreachable, at: place, problem: problem,
        remedy: "check the address, that the server runs, and the network between")
    case NATS_SSL_ERROR, NATS_SECURE_CONNECTION_REQUIRED, NATS_SECURE_CONNECTION_WANTED:
      EngineError(
        .notPermitted, at: place, problem: problem,
        remedy: "check the certificates: the authority's file, the server's name, and the dates")
    case NATS_MAX_PAYLOAD:
      EngineError(
        .limitExceeded, at: place, problem: problem, remedy: "raise max_payload on every server")
    case NATS_ADDRESS_MISSING, NATS_INVALID_ARG, NATS_INVALID_SUBJECT:
      EngineError(
        .malformed, at: place, problem: problem,
        remedy: "write addresses as nats://host:port or tls://host:port")
    default:
      EngineError(.system, at: place, problem: problem, remedy: "check the server's log")
    }
  }
}
