import CNats
import Glibc

/// A message to send, or one that came.
struct NatsMessage: Sendable {
  let subject: String
  var headers: [String: String] = [:]
  let body: [UInt8]

  /// What the server says instead of sending what was asked for: 204 at the end of a batch, 404 for nothing.
  var status: String? { headers["Status"] }
}

// The pointers are libnats' own, valid until the message is destroyed; everything is copied before that.
extension NatsMessage {
  /// Copies a message of libnats and frees it.
  init(consuming handle: OpaquePointer) {
    defer { natsMsg_Destroy(handle) }
    subject = natsMsg_GetSubject(handle).map { String(cString: $0) } ?? ""
    let start = natsMsg_GetData(handle)
    body = Array(UnsafeRawBufferPointer(start: start, count: Int(natsMsg_GetDataLength(handle))))
    headers = Self.headers(of: handle)
  }

  /// Makes a message of libnats, which the caller destroys.
  func handle(reply: String?) -> (handle: OpaquePointer?, status: natsStatus) {
    var handle: OpaquePointer?
    var status = body.withUnsafeBytes { bytes in
      natsMsg_Create(
        &handle, subject, reply, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(body.count))
    }
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) where status == NATS_OK {
      status = natsMsgHeader_Set(handle, name, value)
    }
    if status != NATS_OK {
      natsMsg_Destroy(handle)
      handle = nil
    }
    return (handle, status)
  }

  private static func headers(of handle: OpaquePointer) -> [String: String] {
    var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    var count: CInt = 0
    guard natsMsgHeader_Keys(handle, &names, &count) == NATS_OK, let names else { return [:] }
    // The list is the caller's; the names in it stay the message's.
    defer { free(names) }
    var result: [String: String] = [:]
    for index in 0..<Int(count) {
      var value: UnsafePointer<CChar>?
      guard let name = names[index], natsMsgHeader_Get(handle, name, &value) == NATS_OK, let value else {
        continue
      }
      result[String(cString: name)] = String(cString: value)
    }
    return result
  }
}

/// What arrives on a subject, in a queue. Calls block; one thread at a time reads.
///
/// The pointer is libnats' handle, which any thread may use; it is freed when the last reference goes.
final class NatsSubscription: @unchecked Sendable {
  let subject: String
  private let handle: OpaquePointer
  private let connection: NatsConnection

  init(_ handle: OpaquePointer, subject: String, of connection: NatsConnection) {
    self.handle = handle
    self.subject = subject
    self.connection = connection
  }

  deinit { natsSubscription_Destroy(handle) }

  /// The next message; nil if none came in time.
  ///
  /// - Throws: `EngineError` with code `unreachable` or `system`.
  func next(within limit: Duration) throws(EngineError) -> NatsMessage? {
    var message: OpaquePointer?
    let status = natsSubscription_NextMsg(&message, handle, limit.wholeMilliseconds)
    if status == NATS_TIMEOUT { return nil }
    // Messages were dropped, as the limit of the queue says; those that are in it can still be read.
    if status == NATS_SLOW_CONSUMER { return try next(within: limit) }
    guard status == NATS_OK, let message else { throw connection.failure(status, subject) }
    return NatsMessage(consuming: message)
  }
}
