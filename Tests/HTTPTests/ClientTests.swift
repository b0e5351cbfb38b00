import Foundation
import Synchronization
import Testing

@testable import HTTP

/// A self-signed certificate for 127.0.0.1 in a folder that goes with the last reference.
final class TestCertificate: Sendable {
  let folder: String
  var files: TLSFiles { TLSFiles(certificateChain: folder + "/cert.pem", privateKey: folder + "/key.pem") }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("http-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem", "-subj", "/CN=test",
      "-addext", "subjectAltName=IP:127.0.0.1",
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }
}

@Suite(.timeLimit(.minutes(2))) struct ClientTests {
  private static let blob = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 4) }

  private func url(_ server: HTTPServer, _ scheme: String = "http") -> String {
    "\(scheme)://127.0.0.1:\(server.port)"
  }

  @Test func requestsOfAllKindsComeBack() async throws {
    try await withServer(handler: echo) { server in
      let client = HTTPClient(url(server))
      for _ in 0..<3 {
        let answer = try await client.send(ClientRequest("GET", "/x?y=z"))
        #expect(answer.status == 200 && answer.body == Array("GET /x?y=z".utf8))
        #expect(try await client.send(ClientRequest("POST", "/body", body: [1, 2, 3])).body == [1, 2, 3])
        #expect(try await client.send(ClientRequest("POST", "/body")).body == [])
        #expect(try await client.send(ClientRequest("HEAD", "/x")).headers["content-length"] == "7")
        #expect(try await client.send(ClientRequest("DELETE", "/x")).body == Array("DELETE /x".utf8))
        #expect(try await client.send(ClientRequest("GET", "/fail")).status == 500)
      }
      #expect(server.statistics.acceptedConnections == 1, "connections are shared")
      let large = [UInt8](repeating: 7, count: 1_000_001)
      #expect(try await client.send(ClientRequest("POST", "/body", body: large)).status == 413)
      await #expect {
        try await client.send(ClientRequest("GET", "/stream?parts=99"), limitBytes: 100)
      } throws: {
        ($0 as? HTTPError)?.code == .tooLarge
      }
    }
  }

  @Test func whoIsAskedToComeBackLaterDoes() async throws {
    let asked = Mutex(0)
    // Turns the first two of every three away.
    let handler: RequestHandler = { request in
      let turn = asked.withLock { count in
        count += 1
        return count % 3
      }
      guard turn != 0 else { return Response(type: "text/plain", Array("now".utf8)) }
      let retryAfter = request.head.target.value(of: "after") ?? "0"
      return Response(turn == 1 ? 429 : 503, headers: ["retry-after": retryAfter])
    }
    try await withServer(handler: handler) { server in
      var configuration = ClientConfiguration()
      let hasty = HTTPClient(url(server))
      for status in [429, 503, 200] {
        let answer = try await hasty.send(ClientRequest("GET", "/"))
        #expect(answer.status == status)
      }
      configuration.patienceSeconds = 10
      let patient = HTTPClient(url(server), configuration: configuration)
      #expect(try await patient.send(ClientRequest("GET", "/")).body == Array("now".utf8))
      #expect(try await patient.download("/", limitBytes: 10) == Array("now".utf8))
      #expect(asked.withLock { $0 } == 9)
      // Longer than there is patience, or no time at all: the answer is the answer.
      for after in ["11", "-1", "soon"] {
        #expect(try await patient.send(ClientRequest("GET", "/?after=\(after)")).status >= 429)
        asked.withLock { $0 = 9 }
      }
    }
  }

  @Test func whatCannotBeReachedIsSaid() async throws {
    let server = try await HTTPServer.start(ServerConfiguration(), handler: echo)
    await server.stop()
    await #expect { try await HTTPClient(url(server)).send(ClientRequest("GET", "/")) } throws: {
      ($0 as? HTTPError)?.code == .unreachable
    }
    await #expect { try await HTTPClient("ftp://127.0.0.1").send(ClientRequest("GET", "/")) } throws: {
      ($0 as? HTTPError)?.code == .malformed
    }
  }

  @Test func downloadsGoOnWhereTheyBrokeOff() async throws {
    let requests = Mutex<[String?]>([])
    try await withServer { request in
      let range = request.head.headers["range"]
      let count = requests.withLock { requests in
        requests.append(range)
        return requests.count
      }
      guard case .part(let bytes) = ByteRange.select(range ?? "bytes=0-", of: Self.blob.count) else {
        return Response(416)
      }
      return Response(
        range == nil ? 200 : 206, headers: ["etag": "\"blob\""],
        body: .stream(length: bytes.count) { stream in
          // Each answer but the fourth breaks off early.
          let end = count < 4 ? bytes.lowerBound + 100_000 : bytes.upperBound
          for start in stride(from: bytes.lowerBound, to: end, by: 10_000) {
            try await stream.write(Array(Self.blob[start..<min(start + 10_000, end)]))
          }
          if count < 4 { try await Task.sleep(for: .milliseconds(50)) }
        })
    } _: { server in
      let bytes = try await HTTPClient(url(server)).download("/", limitBytes: Self.blob.count)
      #expect(bytes == Self.blob)
      #expect(requests.withLock { $0.count } == 4)
      #expect(requests.withLock { $0.first } == .some(nil))
      #expect(requests.withLock { $0.dropFirst().allSatisfy { $0 != nil } })
      await #expect(throws: HTTPError.self) {
        try await HTTPClient(url(server)).download("/", limitBytes: Self.blob.count - 1)
      }
    }
  }

  @Test func eventsComeAsTheyAreSentAndEndWhenNobodyListens() async throws {
    let isOver = Mutex(false)
    try await withServer { _ in
      Response(
        200, headers: ["content-type": "text/event-stream"],
        body: .stream(length: nil) { stream in
          defer { isOver.withLock { $0 = true } }
          for number in 0... {
            try await stream.write(ServerSentEvent(name: "n", data: "\(number)\nx", id: "\(number)").bytes)
            try await stream.write(ServerSentEvent.heartbeat)
          }
        })
    } _: { server in
      var seen: [ServerSentEvent] = []
      for try await event in HTTPClient(url(server)).events("/") {
        seen.append(event)
        if seen.count == 100 { break }
      }
      #expect(seen == (0..<100).map { ServerSentEvent(name: "n", data: "\($0)\nx", id: "\($0)") })
      while !isOver.withLock({ $0 }) { await Task.yield() }
    }
  }

  @Test func eventsAreReadHoweverTheyAreCut() throws {
    let text =
      "data: a\n\n: note\nevent: b\r\ndata: 1\r\ndata:2\r\nid: 9\r\n\r\nevent: none\n\nnonsense\ndata: c\n\n"
    let expected = [
      ServerSentEvent(data: "a"), ServerSentEvent(name: "b", data: "1\n2", id: "9"),
      ServerSentEvent(data: "c", id: "9"),
    ]
    for size in 1...text.utf8.count {
      var parser = ServerSentEventParser()
      var events: [ServerSentEvent] = []
      let bytes = Array(text.utf8)
      for start in stride(from: 0, to: bytes.count, by: size) {
        events += try parser.feed(Array(bytes[start..<min(start + size, bytes.count)]))
      }
      #expect(events == expected, "in parts of \(size) bytes")
    }
    var parser = ServerSentEventParser()
    #expect(throws: HTTPError.self) {
      for _ in 0..<100 { _ = try parser.feed([UInt8](repeating: 65, count: 65_536)) }
    }
  }

  @Test func tlsNeedsTheRightAuthorityAndUsableFiles() async throws {
    let (certificate, other) = (try TestCertificate(), try TestCertificate())
    try await withServer(tls: certificate.files, handler: echo) { server in
      var configuration = ClientConfiguration()
      configuration.certificateAuthorities = certificate.files.certificateChain
      let client = HTTPClient(url(server, "https"), configuration: configuration)
      let body = [UInt8](repeating: 3, count: 900_000)
      #expect(try await client.send(ClientRequest("POST", "/body", body: body)).body == body)
      #expect(try await client.send(ClientRequest("GET", "/stream?parts=2000")).status == 200)
      #expect(try await client.send(ClientRequest("POST", "/body", body: body + body)).status == 413)
      configuration.certificateAuthorities = other.files.certificateChain
      let deceived = HTTPClient(url(server, "https"), configuration: configuration)
      await #expect { try await deceived.send(ClientRequest("GET", "/")) } throws: {
        ($0 as? HTTPError)?.code == .untrusted
      }
      let plain = try RawClient(port: server.port)
      try await plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      let answer = try await plain.receiveAll()
      #expect(!String(decoding: answer, as: UTF8.self).contains("HTTP/1.1 200"))
    }
    for files in [
      TLSFiles(certificateChain: "/nowhere", privateKey: certificate.files.privateKey),
      TLSFiles(certificateChain: certificate.files.certificateChain, privateKey: other.files.privateKey),
      TLSFiles(certificateChain: certificate.files.privateKey, privateKey: certificate.files.privateKey),
    ] {
      var configuration = ServerConfiguration()
      configuration.tls = files
      await #expect { try await HTTPServer.start(configuration, handler: echo) } throws: {
        ($0 as? HTTPError)?.code == .badCertificate
      }
    }
  }
}
