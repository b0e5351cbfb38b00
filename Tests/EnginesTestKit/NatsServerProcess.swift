import Foundation
import Glibc

/// A nats-server on loopback, with its files in a folder, that a test starts, kills and starts again.
public final class NatsServerProcess {
  private typealias Failure = ChildProcess.Failure

  /// The port that it listens on.
  public let port: Int
  private var process: ChildProcess?

  /// The longest time in seconds that a server runs, in case that its test dies.
  private static let lifetimeSeconds = 300

  /// Starts a server, and returns once it takes connections.
  ///
  /// - Parameters:
  ///   - configuration: the configuration's text.
  ///   - folder: where the configuration is written.
  public init(configuration: String, folder: String) throws {
    let path = folder + "/nats.conf"
    try configuration.write(toFile: path, atomically: true, encoding: .utf8)
    let process = try ChildProcess(
      ["/usr/bin/timeout", "-s", "KILL", String(Self.lifetimeSeconds), try Self.programPath(), "-c", path],
      capturing: STDERR_FILENO, leadsGroup: true)
    let output = process.output
    self.process = consume process
    port = try Self.readPort(output)
    // The server stops when nobody reads what it logs.
    Thread.detachNewThread {
      var buffer = [UInt8](repeating: 0, count: 4_096)
      while true {
        let count = read(output, &buffer, buffer.count)
        if count == 0 || count < 0 && errno != EINTR { break }
      }
      close(output)
    }
  }

  deinit { kill() }

  /// The address for clients.
  public var address: String { "nats://127.0.0.1:\(port)" }

  /// Kills the server as a power cut would, and waits until it is gone. Killing again does nothing.
  public func kill() {
    process.take()?.kill()
  }

  /// Below those that the system picks for connections: while a server is down, none of them takes its port.
  private static let ports: Range<UInt16> = 15_000..<32_000

  /// Ports on loopback that nothing listened on a moment ago, for addresses that servers tell each other.
  public static func freePorts(_ count: Int) throws -> [Int] {
    var sockets: [CInt] = []
    defer { for socket in sockets { close(socket) } }
    var free: [Int] = []
    for port in ports.shuffled() where free.count < count {
      let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard handle >= 0 else { throw Failure(description: "no socket: error \(errno)") }
      sockets.append(handle)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      let status = withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if status == 0 { free.append(Int(port)) }
    }
    guard free.count == count else { throw Failure(description: "there are no \(count) free ports") }
    return free
  }

  private static func programPath() throws -> String {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    let path = folder.appendingPathComponent(".venv/bin/nats-server").path
    guard access(path, X_OK) == 0 else {
      throw Failure(description: "there is no nats-server at \(path): run scripts/setup")
    }
    return path
  }

  private static func readPort(_ output: CInt) throws -> Int {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while !text.contains("Server is ready") {
      let count = read(output, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failure(description: "nats-server ended, and said: \(text)") }
      text += String(decoding: buffer[..<count], as: UTF8.self)
    }
    guard let found = text.firstMatch(of: /Listening for client connections on [^\n]*:([0-9]+)/),
      let port = Int(found.1)
    else { throw Failure(description: "nats-server names no port: \(text)") }
    return port
  }
}
