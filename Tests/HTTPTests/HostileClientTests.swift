import Foundation
import Glibc
import Synchronization
import Testing

@testable import HTTP

/// What clients do who mean to cost the server memory, connections or time.
@Suite(.timeLimit(.minutes(3))) struct HostileClientTests {
  private var hasty: ServerLimits {
    var limits = ServerLimits()
    limits.headSeconds = 0.2
    limits.bodySeconds = 0.2
    limits.idleSeconds = 0.2
    limits.stallSeconds = 0.2
    limits.lingerSeconds = 0.2
    limits.minimumBytesPerSecond = 1 << 30
    return limits
  }

  @Test func headsThatComeByteByByteAreCutOff() async throws {
    var limits = hasty
    limits.headBytes = 1 << 30
    try await withServer(limits, handler: echo) { server in
      let client = try RawClient(port: server.port)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\nX: ")
      #expect(try await client.answer().status == 408)
      let dribbled = try RawClient(port: server.port)
      try await dribbled.send("GET / HTTP/1.1\r\nX: ")
      while try await dribbled.send("a") > 0, server.statistics.timedOutConnections < 2 { await Task.yield() }
      #expect(server.statistics.timedOutConnections == 2)
      #expect(server.statistics.requests == 0)
    }
  }

  @Test func bodiesThatComeByteByByteAreCutOff() async throws {
    try await withServer(hasty, handler: echo) { server in
      let client = try RawClient(port: server.port)
      try await client.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n")
      while server.statistics.timedOutConnections == 0, try await client.send("a") > 0 { await Task.yield() }
      #expect(try await client.answer().status == 408)
      #expect(try await client.receiveAll() == [])
    }
  }

  @Test func connectionsThatSayNothingAreClosed() async throws {
    try await withServer(hasty, handler: echo) { server in
      let silent = try RawClient(port: server.port)
      #expect(try await silent.receiveAll() == [])
      let idle = try RawClient(port: server.port)
      #expect(try await idle.get("/").status == 200)
      #expect(try await idle.receiveAll() == [])
      #expect(server.statistics.timedOutConnections == 2)
    }
  }

  @Test func clientsThatTakeNothingAreCutOffAndHoldLittle() async throws {
    var limits = hasty
    limits.outputBytes = 64 << 10
    let written = Mutex(0)
    try await withServer(limits) { _ in
      Response(
        200,
        body: .stream(length: nil) { stream in
          while true {
            try await stream.write([UInt8](repeating: 0, count: 16 << 10))
            written.withLock { $0 += 16 << 10 }
          }
        })
    } _: { server in
      let client = try RawClient(port: server.port, receiveBufferBytes: 4_096)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      while server.statistics.timedOutConnections == 0 { await Task.yield() }
      // What the kernel takes in addition is its own affair; the producer waited long before this much.
      #expect(written.withLock { $0 } < 32 << 20)
      withExtendedLifetime(client) {}
    }
  }

  @Test func hugeHeadsAreRefusedAtTheLimit() async throws {
    try await withServer(handler: echo) { server in
      let client = try RawClient(port: server.port)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 20_000))
      #expect(try await client.answer().status == 431)
      let target = try RawClient(port: server.port)
      #expect(try await target.get("/" + String(repeating: "a", count: 5_000)).status == 414)
      let many = try RawClient(port: server.port)
      let fields = (0..<100).map { "X\($0): y\r\n" }.joined()
      #expect(try await many.get("/", fields).status == 431)
      #expect(server.statistics.refusedRequests == 3)
    }
  }

  @Test func oneAddressGetsSoManyConnections() async throws {
    var limits = ServerLimits.patient
    limits.connectionsPerAddress = 3
    try await withServer(limits, handler: echo) { server in
      var clients: [RawClient] = []
      for _ in 0..<3 {
        clients.append(try RawClient(port: server.port))
        #expect(try await clients.last?.get("/").status == 200)
      }
      #expect(try await RawClient(port: server.port).receiveAll() == [])
      #expect(server.statistics.refusedConnections == 1)
      clients.removeLast()
      while server.statistics.openConnections == 3 { await Task.yield() }
      #expect(try await RawClient(port: server.port).get("/").status == 200)
    }
  }

  @Test func bodiesOfAllClientsTogetherHaveALimit() async throws {
    var limits = ServerLimits.patient
    limits.heldBodyBytes = 1_000
    try await withServer(limits, handler: echo) { server in
      let first = try RawClient(port: server.port)
      try await first.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
      try await first.send([UInt8](repeating: 65, count: 900))
      while server.statistics.heldBodyBytes < 900 { await Task.yield() }
      let second = try RawClient(port: server.port)
      try await second.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n")
      try await second.send([UInt8](repeating: 65, count: 200))
      let refused = try await second.answer()
      #expect(refused.status == 503 && refused.headers["retry-after"] != nil)
      try await first.send([UInt8](repeating: 65, count: 100))
      #expect(try await first.answer().body.count == 1_000)
    }
  }

  @Test func clientsThatVanishTakeTheirHandlersWithThem() async throws {
    let cancelled = Mutex(false)
    try await withServer { _ in
      Response(
        200,
        body: .stream(length: nil) { stream in
          try await stream.write([65])
          do {
            try await Task.sleep(for: .seconds(3_600))
          } catch {
            cancelled.withLock { $0 = true }
            throw error
          }
        })
    } _: { server in
      var client: RawClient? = try RawClient(port: server.port)
      try await client?.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client?.receiveSome().isEmpty == false)
      client = nil
      while !cancelled.withLock({ $0 }) { await Task.yield() }
    }
  }

  @Test func aServerThatStopsEndsWhatItBegan() async throws {
    let (reached, reach) = AsyncStream.makeStream(of: Void.self)
    let (released, release) = AsyncStream.makeStream(of: Void.self)
    var configuration = ServerConfiguration()
    configuration.limits = .patient
    let server = try await HTTPServer.start(configuration) { request in
      if request.head.path == "/events" {
        return Response(
          200,
          body: .stream(length: nil) { stream in
            try await stream.write([65])
            reach.yield()
            try? await Task.sleep(for: .seconds(3_600))
          })
      }
      reach.yield()
      for await _ in released { break }
      return Response(type: "text/plain", Array("done".utf8))
    }
    let (idle, slow, events) = (
      try RawClient(port: server.port), try RawClient(port: server.port), try RawClient(port: server.port)
    )
    try await slow.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    try await events.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    var waiting = reached.makeAsyncIterator()
    _ = await waiting.next()
    _ = await waiting.next()
    let stop = Task { await server.stop() }
    #expect(try await idle.receiveAll() == [], "nothing was under way there")
    #expect(try await events.answer().body == [65], "an endless stream is ended in good order")
    release.yield()
    let answer = try await slow.answer()
    #expect(answer.text == "done" && answer.headers["connection"] == "close")
    await stop.value
    #expect(throws: RawClient.Failure.self) { try RawClient(port: server.port) }
  }

  @Test func aServerThatStopsDoesNotWaitForEver() async throws {
    var limits = ServerLimits()
    limits.drainSeconds = 0.1
    limits.headSeconds = 0.1
    let (reached, reach) = AsyncStream.makeStream(of: Void.self)
    var configuration = ServerConfiguration()
    configuration.limits = limits
    let server = try await HTTPServer.start(configuration) { _ in
      reach.yield()
      try await Task.sleep(for: .seconds(3_600))
      return Response(200)
    }
    let client = try RawClient(port: server.port)
    try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    var waiting = reached.makeAsyncIterator()
    _ = await waiting.next()
    await server.stop()
    #expect(try await client.receiveAll() == [])
  }

  @Test func idleConnectionsCostLittle() async throws {
    var limits = ServerLimits.patient
    limits.connectionsPerAddress = 2_000
    try await withServer(limits, handler: echo) { server in
      let before = Self.residentBytes
      var clients: [RawClient] = []
      for _ in 0..<1_000 { clients.append(try RawClient(port: server.port)) }
      for client in clients { #expect(try await client.get("/").status == 200) }
      #expect(server.statistics.openConnections == 1_000)
      let bytes = (Self.residentBytes - before) / 1_000
      FileHandle.standardError.write(
        Data("\(bytes) bytes of memory an idle connection, client included\n".utf8))
    }
  }

  private static var residentBytes: Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(CInt(_SC_PAGESIZE)))
  }
}
