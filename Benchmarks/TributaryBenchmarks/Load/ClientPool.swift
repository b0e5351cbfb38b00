import CEpoll
import Glibc

// The kernel's sockets are a C library: pointers are for its calls alone.

/// Clients of one HTTP server on loopback, on one thread: connections that are kept alive, each with one
/// request under way at most.
final class ClientPool {
  /// What came on a connection.
  enum Arrival {
    /// A whole answer.
    case answer(status: Int, body: ArraySlice<UInt8>)
    /// A part of an answer that does not end.
    case part(ArraySlice<UInt8>)
  }

  private struct Connection {
    let descriptor: CInt
    var isEndless = false
    /// What the kernel has not taken of the request, from `sent` on.
    var request: [UInt8] = []
    var sent = 0
    var input: [UInt8] = []
  }

  private static let eventCount = 1_024
  private static let readBytes = 64 << 10

  private let epoll: CInt
  private var connections: [Connection] = []
  private var events = [epoll_event](repeating: epoll_event(), count: eventCount)
  private var scratch = [UInt8](repeating: 0, count: readBytes)

  init() throws {
    epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw Self.failure("epoll_create1") }
  }

  deinit {
    for connection in connections { close(connection.descriptor) }
    close(epoll)
  }

  var count: Int { connections.count }

  /// Lets this process, and those that it starts, have as many descriptors as the system grants, and says how
  /// many these are.
  static func raiseDescriptorLimit() throws -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      throw failure("getrlimit")
    }
    limit.rlim_cur = limit.rlim_max
    guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      throw failure("setrlimit")
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// Opens connections to a port, and returns their numbers.
  func connect(_ count: Int, port: UInt16) throws -> Range<Int> {
    let first = connections.count
    for _ in 0..<count {
      let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { throw Self.failure("socket") }
      let number = connections.count
      connections.append(Connection(descriptor: descriptor))
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      address.sin_port = port.bigEndian
      let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard status == 0 else { throw Self.failure("connect") }
      var yes: CInt = 1
      setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
      guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { throw Self.failure("fcntl") }
      let kinds = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLET.rawValue
      var event = epoll_event(events: kinds, data: epoll_data_t(u64: UInt64(number)))
      guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else { throw Self.failure("epoll_ctl") }
    }
    return first..<connections.count
  }

  /// Sends a request on a connection that has none under way.
  ///
  /// - Parameter isEndless: whether its answer does not end, and comes in parts
  func send(_ request: [UInt8], on number: Int, isEndless: Bool = false) throws {
    connections[number].request = request
    connections[number].sent = 0
    connections[number].isEndless = isEndless
    try flush(number)
  }

  /// Waits until something comes, and hands over all that did.
  func wait(seconds: Double, _ take: (Int, Arrival) throws -> Void) throws {
    let count = epoll_wait(epoll, &events, CInt(Self.eventCount), CInt(seconds * 1_000))
    guard count >= 0 || errno == EINTR else { throw Self.failure("epoll_wait") }
    for index in 0..<max(0, Int(count)) {
      let (kinds, number) = (events[index].events, Int(events[index].data.u64))
      if kinds & EPOLLOUT.rawValue != 0 { try flush(number) }
      if kinds & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { try read(number, take) }
    }
  }

  private func flush(_ number: Int) throws {
    let descriptor = connections[number].descriptor
    while connections[number].sent < connections[number].request.count {
      let (request, start) = (connections[number].request, connections[number].sent)
      let count = request.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: start), request.count - start, CInt(MSG_NOSIGNAL))
      }
      if count < 0, errno == EAGAIN { return }
      guard count > 0 else { throw Self.failure("send") }
      connections[number].sent += count
    }
    connections[number].request = []
    connections[number].sent = 0
  }

  // Edge-triggered: what is left unread would not be told of again.
  private func read(_ number: Int, _ take: (Int, Arrival) throws -> Void) throws {
    while true {
      let count = recv(connections[number].descriptor, &scratch, Self.readBytes, 0)
      if count < 0, errno == EAGAIN { return }
      guard count > 0 else {
        throw BenchmarkError("the server closed connection \(number)\(count < 0 ? ": error \(errno)" : "")")
      }
      connections[number].input += scratch[..<count]
      try deliver(number, take)
      if count < Self.readBytes { return }
    }
  }

  private func deliver(_ number: Int, _ take: (Int, Arrival) throws -> Void) throws {
    let input = connections[number].input
    if connections[number].isEndless {
      connections[number].input = []
      return try take(number, .part(input[...]))
    }
    guard let head = AnswerHead(input), input.count >= head.length + head.bodyBytes else { return }
    connections[number].input = []
    try take(number, .answer(status: head.status, body: input[head.length...]))
  }

  private static func failure(_ call: String) -> BenchmarkError { BenchmarkError("\(call): error \(errno)") }
}

/// What an answer's head says of the rest. The servers are ours, so that no more is read than they write.
private struct AnswerHead {
  let status: Int
  /// Its own length, with the empty line.
  let length: Int
  let bodyBytes: Int

  private static let end = Array("\r\n\r\n".utf8)
  private static let lengthField = Array("content-length: ".utf8)

  /// Reads a head; nil if it is not complete.
  init?(_ bytes: [UInt8]) {
    guard let end = bytes.firstRange(of: Self.end), bytes.count > 12 else { return nil }
    status = Self.number(bytes[9...])
    length = end.upperBound
    bodyBytes =
      bytes[..<length].firstRange(of: Self.lengthField).map { Self.number(bytes[$0.upperBound...]) } ?? 0
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int {
    digits.prefix { (0x30...0x39).contains($0) }.reduce(0) { 10 * $0 + Int($1 - 0x30) }
  }
}
