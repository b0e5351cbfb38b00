import Foundation
import Glibc

/// A client that sends whatever bytes a test wants. Its calls block threads of its own, not those that serve.
final class RawClient: Sendable {
  /// An answer as it came.
  struct Answer: Equatable {
    var status = 0
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// What did not come.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let descriptor: CInt
  // No test waits that long; it keeps a defect from hanging the run.
  private static let patienceSeconds = 60

  init(port: UInt16, receiveBufferBytes: CInt? = nil) throws {
    descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    if var bytes = receiveBufferBytes {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<CInt>.size))
    }
    var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard status == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
  }

  deinit { close(descriptor) }

  private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
  {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
  }

  /// Sends bytes; says how many were taken before the server closed.
  @discardableResult
  func send(_ bytes: [UInt8]) async throws -> Int {
    try await blocking { [descriptor] in
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        guard count > 0 else { break }
        sent += count
      }
      return sent
    }
  }

  @discardableResult
  func send(_ text: String) async throws -> Int { try await send(Array(text.utf8)) }

  private static func receive(_ descriptor: CInt, _ limit: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = recv(descriptor, &bytes, limit, 0)
    if count < 0, errno == EAGAIN { throw Failure(description: "the server sends nothing") }
    return Array(bytes.prefix(max(0, count)))
  }

  /// Everything until the server closes.
  func receiveAll() async throws -> [UInt8] {
    try await blocking { [descriptor] in
      var all: [UInt8] = []
      while true {
        let bytes = try Self.receive(descriptor, 65_536)
        if bytes.isEmpty { return all }
        all += bytes
      }
    }
  }

  /// Some bytes; none if the server closed.
  func receiveSome(limit: Int = 65_536) async throws -> [UInt8] {
    try await blocking { [descriptor] in try Self.receive(descriptor, limit) }
  }

  /// One answer with a length or in chunks, and nothing after it.
  func answer(toHead: Bool = false) async throws -> Answer {
    try await blocking { [descriptor] in
      var answer = Answer()
      let lines = String(decoding: try Self.through(descriptor, "\r\n\r\n"), as: UTF8.self)
        .split(separator: "\r\n")
      answer.status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
      for line in lines.dropFirst() {
        let sides = line.split(separator: ":", maxSplits: 1)
        answer.headers[String(sides[0])] = sides.count > 1 ? String(sides[1].dropFirst()) : ""
      }
      if toHead || answer.status == 100 { return answer }
      if answer.headers["transfer-encoding"] == "chunked" {
        while true {
          let line = String(decoding: try Self.through(descriptor, "\r\n").dropLast(2), as: UTF8.self)
          let size = Int(line, radix: 16) ?? 0
          answer.body += try Self.exactly(descriptor, size)
          _ = try Self.exactly(descriptor, 2)
          if size == 0 { break }
        }
      } else {
        answer.body = try Self.exactly(descriptor, Int(answer.headers["content-length"] ?? "0") ?? 0)
      }
      return answer
    }
  }

  private static func exactly(_ descriptor: CInt, _ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = try receive(descriptor, count - bytes.count)
      guard !more.isEmpty else { throw Failure(description: "closed after \(bytes.count) of \(count) bytes") }
      bytes += more
    }
    return bytes
  }

  private static func through(_ descriptor: CInt, _ end: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while !bytes.reversed().starts(with: end.utf8.reversed()) { bytes += try exactly(descriptor, 1) }
    return bytes
  }

  /// A request without a body, and the answer to it.
  func get(_ path: String, method: String = "GET", _ fields: String = "") async throws -> Answer {
    try await send("\(method) \(path) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
    return try await answer(toHead: method == "HEAD")
  }
}
