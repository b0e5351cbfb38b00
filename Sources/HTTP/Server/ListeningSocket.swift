import CEvent
import Glibc

/// A bound TCP socket.
struct ListeningSocket {
  let descriptor: CInt
  let port: UInt16

  private static let backlog: CInt = 1_024

  /// Binds an address.
  ///
  /// - Parameter isShared: whether several sockets listen on one port, and the kernel deals connections out
  /// - Throws: `HTTPError` with code `cannotListen` or `system`
  init(address: String, port: UInt16, isShared: Bool) throws(HTTPError) {
    let place = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    defer { if let found { freeaddrinfo(found) } }
    guard getaddrinfo(address, String(port), &hints, &found) == 0, let info = found?.pointee else {
      throw HTTPError(
        .cannotListen, at: place, problem: "\(address) is no numeric IP address",
        remedy: "give an address such as 127.0.0.1 or ::1")
    }
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(info.ai_family, CInt(kind), 0)
    guard descriptor >= 0 else { throw .system("open a socket", at: place, number: errno) }
    var yes: CInt = 1
    let size = socklen_t(MemoryLayout<CInt>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size)
    if isShared { setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &yes, size) }
    guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, listen(descriptor, Self.backlog) == 0 else {
      let number = errno
      close(descriptor)
      throw .system("listen", at: place, number: number)
    }
    self.descriptor = descriptor
    self.port = Self.port(of: descriptor)
  }

  private static func port(of descriptor: CInt) -> UInt16 {
    var storage = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    // Both families have the port at the same place; the larger structure holds either.
    _ = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return UInt16(bigEndian: storage.sin6_port)
  }

  /// Whether an address is reached from this machine alone.
  static func isLoopback(_ address: String) -> Bool {
    address == "::1" || (address.hasPrefix("127.") && address.split(separator: ".").count == 4)
  }
}

/// What every accepted connection is set to: no waiting for more to send, and probes that find peers which
/// are gone without a word.
enum AcceptedSocket {
  private static let probeAfterSeconds: CInt = 60
  private static let probeEverySeconds: CInt = 15
  private static let probesLimit: CInt = 4

  static func prepare(_ descriptor: CInt) {
    let tcp = CInt(IPPROTO_TCP)
    let options: [(level: CInt, name: CInt, value: CInt)] = [
      (tcp, TCP_NODELAY, 1), (SOL_SOCKET, SO_KEEPALIVE, 1), (tcp, TCP_KEEPIDLE, probeAfterSeconds),
      (tcp, TCP_KEEPINTVL, probeEverySeconds), (tcp, TCP_KEEPCNT, probesLimit),
    ]
    for option in options {
      var value = option.value
      setsockopt(descriptor, option.level, option.name, &value, socklen_t(MemoryLayout<CInt>.size))
    }
  }
}
