import Testing

@testable import HTTP

/// A server on a loopback port that a test talks to.
func withServer(
  _ limits: ServerLimits = .patient, loops: Int = 1, tls: TLSFiles? = nil,
  handler: @escaping RequestHandler, _ body: (HTTPServer) async throws -> Void
) async throws {
  var configuration = ServerConfiguration()
  configuration.limits = limits
  configuration.loops = loops
  configuration.tls = tls
  let server = try await HTTPServer.start(configuration, handler: handler)
  do {
    try await body(server)
  } catch {
    await server.stop()
    throw error
  }
  await server.stop()
  #expect(server.statistics.openConnections == 0)
  #expect(server.statistics.heldBodyBytes == 0)
}

extension ServerLimits {
  /// No time limit that a busy machine reaches.
  static var patient: ServerLimits {
    var limits = ServerLimits()
    limits.headSeconds = 600
    limits.idleSeconds = 600
    limits.bodySeconds = 600
    limits.stallSeconds = 600
    limits.drainSeconds = 600
    return limits
  }
}

struct HandlerFailure: Error {}

/// Answers with what it was sent, among other things that tests ask for.
let echo: RequestHandler = { request in
  switch request.head.target.segments.first {
  case "body": return Response(type: "text/plain", try await request.body.read(limitBytes: 1_000_000))
  case "parts":
    // The first part says how long the next ones are.
    let lengths = try await request.body.read(next: 3).map { Int($0) }
    var parts: [UInt8] = []
    for length in lengths { parts += try await request.body.read(next: length) + [UInt8(ascii: "|")] }
    return Response(type: "text/plain", parts)
  case "twice":
    _ = try await request.body.read(limitBytes: 1_000)
    return Response(type: "text/plain", try await request.body.read(limitBytes: 1_000))
  case "fail": throw HandlerFailure()
  case "stream":
    let parts = Int(request.head.target.value(of: "parts") ?? "3") ?? 3
    return Response(
      200,
      body: .stream(length: nil) { stream in
        for part in 0..<parts { try await stream.write(Array("part \(part)\n".utf8)) }
      })
  case "short", "long":
    let count = request.head.target.segments.first == "short" ? 5 : 20
    return Response(
      200, body: .stream(length: 11) { try await $0.write([UInt8](repeating: 65, count: count)) })
  case "broken":
    return Response(
      200,
      body: .stream(length: nil) { stream in
        try await stream.write([65])
        throw HandlerFailure()
      })
  default: return Response(type: "text/plain", Array("\(request.head.method) \(request.head.path)".utf8))
  }
}

@Suite(.timeLimit(.minutes(2))) struct ServerTests {
  @Test func connectionsAreKeptAndReused() async throws {
    try await withServer(handler: echo) { server in
      let client = try RawClient(port: server.port)
      for index in 0..<50 {
        let answer = try await client.get("/a/\(index)")
        #expect(answer.status == 200 && answer.text == "GET /a/\(index)")
      }
      #expect(server.statistics.acceptedConnections == 1)
      #expect(server.statistics.requests == 50)
      let last = try await client.get("/", "Connection: close\r\n")
      #expect(last.headers["connection"] == "close")
      #expect(try await client.receiveAll() == [])
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    try await withServer(loops: 2, handler: echo) { server in
      let client = try RawClient(port: server.port)
      let count = 200
      try await client.send((0..<count).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
      for index in 0..<count { #expect(try await client.answer().text == "GET /\(index)") }
    }
  }

  @Test func bodiesAreReadInParts() async throws {
    try await withServer(handler: echo) { server in
      for (lengths, expected) in [([1, 2, 0], "a|bc||"), ([3, 0, 0], "abc|||"), ([0, 0, 2], "||ab|")] {
        let client = try RawClient(port: server.port)
        let body = lengths.map { UInt8($0) } + Array("abc".utf8)
        // A client that waits to be asked is asked once.
        try await client.send(
          "POST /parts HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: \(body.count)\r\n\r\n")
        #expect(try await client.answer().status == 100)
        for byte in body { try await client.send([byte]) }
        #expect(try await client.answer().text == expected)
        if lengths.reduce(0, +) == 3 {
          #expect(try await client.get("/next").text == "GET /next", "the connection is in step")
        }
      }
      let client = try RawClient(port: server.port)
      try await client.send("POST /parts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n\u{1}\u{1}\u{1}ab")
      #expect(try await client.answer().status == 500, "there is no third part")
    }
  }

  @Test func headIsAnsweredWithoutABody() async throws {
    try await withServer(handler: echo) { server in
      let client = try RawClient(port: server.port)
      let head = try await client.get("/abc", method: "HEAD")
      #expect(head.status == 200 && head.headers["content-length"] == "9" && head.body.isEmpty)
      #expect(try await client.get("/stream", method: "HEAD").headers["transfer-encoding"] == "chunked")
      #expect(try await client.get("/next").text == "GET /next", "the connection is in step")
    }
  }

  @Test func bodiesArriveWholeHoweverTheyAreCut() async throws {
    try await withServer(handler: echo) { server in
      let client = try RawClient(port: server.port)
      let small = Array("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello".utf8)
      for byte in small { try await client.send([byte]) }
      #expect(try await client.answer().text == "hello")
      let body = (0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      try await client.send(
        Array("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
      #expect(try await client.answer().body == body)
      try await client.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
      #expect(try await client.answer().body == [])
      #expect(try await client.get("/x").status == 200)
    }
  }

  @Test func aClientThatAsksFirstIsToldToSend() async throws {
    try await withServer(handler: echo) { server in
      let client = try RawClient(port: server.port)
      let fields = "Host: x\r\nExpect: 100-continue\r\n"
      try await client.send("POST /body HTTP/1.1\r\n\(fields)Content-Length: 3\r\n\r\n")
      #expect(try await client.answer().status == 100)
      try await client.send("abc")
      #expect(try await client.answer().text == "abc")
      try await client.send("POST /body HTTP/1.1\r\n\(fields)Content-Length: 99999999\r\n\r\n")
      #expect(try await client.answer().status == 413, "it is refused before it sends")
    }
  }

  @Test func oversizeBodiesAreRefusedUnread() async throws {
    try await withServer(handler: echo) { server in
      let client = try RawClient(port: server.port)
      try await client.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1000001\r\n\r\n")
      let answer = try await client.answer()
      let before = server.statistics.receivedBytes
      #expect(answer.status == 413)
      #expect(answer.headers["content-type"] == "application/problem+json")
      #expect(answer.text.contains(#""code":"tooLarge""#))
      // A client that goes on sending still reads the answer, and the server holds none of it.
      try await client.send([UInt8](repeating: 0, count: 200_000))
      #expect(try await client.receiveAll() == [])
      #expect(server.statistics.receivedBytes == before)
    }
  }

  @Test func handlersThatFailSayNothingOfWhy() async throws {
    try await withServer(handler: echo) { server in
      let client = try RawClient(port: server.port)
      let answer = try await client.get("/fail")
      #expect(answer.status == 500 && !answer.text.contains("HandlerFailure"))
      #expect(try await client.get("/fine").status == 200)
      try await client.send("POST /twice HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na")
      #expect(try await client.answer().status == 500, "a body is read once")
    }
  }

  @Test func streamsAreChunkedAndBrokenOnesAreCutOff() async throws {
    try await withServer(handler: echo) { server in
      let client = try RawClient(port: server.port)
      let answer = try await client.get("/stream?parts=1000")
      #expect(answer.text == (0..<1_000).map { "part \($0)\n" }.joined())
      let old = try RawClient(port: server.port)
      try await old.send("GET /stream HTTP/1.0\r\n\r\n")
      let all = String(decoding: try await old.receiveAll(), as: UTF8.self)
      #expect(all.hasSuffix("\r\n\r\npart 0\npart 1\npart 2\n"))
      for path in ["/short", "/long", "/broken"] {
        let cut = try RawClient(port: server.port)
        try await cut.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
        let bytes = String(decoding: try await cut.receiveAll(), as: UTF8.self)
        #expect(!bytes.hasSuffix("0\r\n\r\n") && bytes.count { $0 == "A" } < 10, "\(path)")
      }
    }
  }

  @Test(arguments: [
    ("GET / HTTP/3\r\n\r\n", 505), ("\u{16}\u{3}\u{1}\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
  ])
  func whatIsNoRequestIsRefusedAndClosed(text: String, status: Int) async throws {
    try await withServer(handler: echo) { server in
      let client = try RawClient(port: server.port)
      try await client.send(text + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.answer().status == status)
      #expect(try await client.receiveAll() == [], "nothing after it is answered")
      #expect(server.statistics.requests == 0 && server.statistics.refusedRequests == 1)
    }
  }

  @Test func addressesOfOthersNeedTLS() async throws {
    var configuration = ServerConfiguration()
    configuration.address = "0.0.0.0"
    await #expect(throws: HTTPError.self) { try await HTTPServer.start(configuration, handler: echo) }
    configuration.allowsExposedPlaintext = true
    let server = try await HTTPServer.start(configuration, handler: echo)
    #expect(try await RawClient(port: server.port).get("/").status == 200)
    var same = ServerConfiguration()
    same.port = server.port
    await #expect { try await HTTPServer.start(same, handler: echo) } throws: { error in
      (error as? HTTPError)?.code == .cannotListen
    }
    var nowhere = ServerConfiguration()
    nowhere.address = "localhost"
    await #expect(throws: HTTPError.self) { try await HTTPServer.start(nowhere, handler: echo) }
    await server.stop()
  }
}
