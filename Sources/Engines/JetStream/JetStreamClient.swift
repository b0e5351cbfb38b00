import Foundation

/// JetStream's API over one connection. All calls block.
struct JetStreamClient: Sendable {
  let connection: NatsConnection
  let servers: NatsServers

  /// Messages of a stream that follow each other without a gap.
  struct Page: Sendable {
    /// The bodies of the messages from the asked sequence on.
    var bodies: [[UInt8]] = []
    /// The sequence of the last of them; 0 if there is none.
    var lastSequence: UInt64 = 0
  }

  /// Describes a stream.
  ///
  /// - Parameters:
  ///   - subjects: a filter; with it the answer lists the subjects that pass, from `offset` on.
  /// - Throws: `EngineError` with code `missing`, `unreachable`, `notPermitted`, `damaged` or `system`.
  func info(_ stream: String, subjects: String? = nil, offset: Int = 0) throws(EngineError) -> StreamInfo {
    let body = subjects.map { #"{"subjects_filter":"\#($0)","offset":\#(offset)}"# } ?? ""
    return try call("STREAM.INFO.\(stream)", Array(body.utf8), as: StreamInfo.self, at: stream)
  }

  /// Creates a stream, or finds it there with the same settings.
  ///
  /// - Throws: `EngineError` with code `alreadyExists`, `unreachable`, `notPermitted`, `damaged` or `system`.
  func create(_ settings: StreamSettings) throws(EngineError) -> StreamInfo {
    let body: Data
    do {
      body = try JSONEncoder().encode(settings)
    } catch {
      throw EngineError(
        .malformed, at: settings.name, problem: "the settings cannot be written: \(error)",
        remedy: "check the limits")
    }
    return try call("STREAM.CREATE.\(settings.name)", Array(body), as: StreamInfo.self, at: settings.name)
  }

  /// Stores a message, and returns its sequence once it is durable.
  ///
  /// - Parameters:
  ///   - messageID: a name under which the server stores a message once within its window of time.
  /// - Throws: `EngineError` with code `limitExceeded`, `unreachable`, `notPermitted`, `damaged` or `system`.
  func publish(
    _ body: [UInt8], on subject: String, stream: String, messageID: String?
  ) throws(EngineError) -> UInt64 {
    var message = NatsMessage(subject: subject, headers: ["Nats-Expected-Stream": stream], body: body)
    message.headers["Nats-Msg-Id"] = messageID
    let answer = try connection.request(message, within: servers.requestLimit)
    let stored = try JetStreamRefusal.decode(
      PublishAnswer.self, from: answer.body, at: "\(servers.place), stream \(stream)")
    guard stored.stream == stream, stored.sequence > 0 else {
      throw damaged(stream, "it acknowledged sequence \(stored.sequence) of \(stored.stream)")
    }
    return stored.sequence
  }

  /// The messages from a sequence on: at least one if there is one, at most a number and about a length. Any
  /// replica answers, so that it may not have the newest ones yet.
  ///
  /// - Throws: `EngineError` with code `historyChanged` if messages are gone; else as `info`.
  func page(
    _ stream: String, from sequence: UInt64, messagesLimit: Int, bytesLimit: Int
  ) throws(EngineError) -> Page {
    let request = #"{"seq":\#(sequence),"batch":\#(messagesLimit),"max_bytes":\#(bytesLimit),"no_hdr":true}"#
    let page = try get(stream, request, messagesLimit: messagesLimit)
    guard page.bodies.isEmpty || page.lastSequence == sequence + UInt64(page.bodies.count) - 1 else {
      throw .historyChanged(
        stream, at: servers.place,
        problem: "\(page.bodies.count) messages remain from \(sequence) to \(page.lastSequence)")
    }
    return page
  }

  /// The last message on a subject; nil if there is none.
  func last(_ stream: String, on subject: String) throws(EngineError) -> [UInt8]? {
    let answer = try request(
      "DIRECT.GET.\(stream)", Array(#"{"last_by_subj":"\#(subject)","no_hdr":true}"#.utf8))
    if answer.status == "404" { return nil }
    try checkBare(answer, stream)
    return answer.body
  }

  /// The first message on a subject from a sequence on, and its sequence; nil if there is none.
  func next(
    _ stream: String, on subject: String, from sequence: UInt64
  ) throws(EngineError) -> (body: [UInt8], sequence: UInt64)? {
    let request = #"{"seq":\#(sequence),"next_by_subj":"\#(subject)","batch":1,"no_hdr":true}"#
    let page = try get(stream, request, messagesLimit: 1)
    return page.bodies.first.map { ($0, page.lastSequence) }
  }

  // The answer to a batch is one message each, without headers, and then one with status 204. Without
  // `no_hdr` the server would mix its headers with those of whoever published, so that these could pass for
  // its own.
  private func get(_ stream: String, _ request: String, messagesLimit: Int) throws(EngineError) -> Page {
    let inbox = try connection.subscribe(messagesLimit: messagesLimit + 1)
    let subject = "$JS.API.DIRECT.GET.\(stream)"
    try connection.send(NatsMessage(subject: subject, body: Array(request.utf8)), replyTo: inbox)
    var page = Page()
    while true {
      guard let answer = try inbox.next(within: servers.requestLimit) else {
        throw connection.timeout(of: subject)
      }
      if answer.status == "404" { return Page() }
      if answer.status == "204" {
        guard let last = answer.headers["Nats-Last-Sequence"].flatMap({ UInt64($0) }) else {
          throw damaged(stream, "a batch ends without its last sequence")
        }
        page.lastSequence = last
        return page
      }
      try checkBare(answer, stream)
      guard page.bodies.count < messagesLimit else { throw damaged(stream, "a batch is longer than asked") }
      page.bodies.append(answer.body)
    }
  }

  private func checkBare(_ answer: NatsMessage, _ stream: String) throws(EngineError) {
    guard let status = answer.status else {
      guard answer.headers.isEmpty else {
        throw damaged(stream, "a message has headers, though none were asked")
      }
      return
    }
    throw damaged(stream, "status \(status) \(answer.headers["Description"] ?? "")")
  }

  private func call<Value: Decodable>(
    _ subject: String, _ body: [UInt8], as type: Value.Type, at stream: String
  ) throws(EngineError) -> Value {
    let answer = try request(subject, body)
    return try JetStreamRefusal.decode(type, from: answer.body, at: "\(servers.place), stream \(stream)")
  }

  private func request(_ subject: String, _ body: [UInt8]) throws(EngineError) -> NatsMessage {
    try connection.request(
      NatsMessage(subject: "$JS.API.\(subject)", body: body), within: servers.requestLimit)
  }

  private func damaged(_ stream: String, _ problem: String) -> EngineError {
    EngineError(
      .damaged, at: "\(servers.place), stream \(stream)", problem: "unexpected answer: \(problem)",
      remedy: "check that every server is nats-server 2.12 or later")
  }
}

extension EngineError {
  /// The refusal of a stream that no longer holds what it held.
  static func historyChanged(_ stream: String, at place: String, problem: String) -> EngineError {
    EngineError(
      .historyChanged, at: "\(place), stream \(stream)", problem: problem,
      remedy: "find out who changed the stream; restore it, or found a new network from this node's copy")
  }
}
