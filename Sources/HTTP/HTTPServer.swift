import Foundation

/// An HTTP/1.1 server over libevent: every event loop is a thread, handlers run as tasks.
///
/// ```swift
/// let server = try await HTTPServer.start(ServerConfiguration()) { request in
///   Response(type: "text/plain", Array("you asked for \(request.head.path)\n".utf8))
/// }
/// await server.stop()
/// ```
///
/// Every client costs bounded memory: a head has a limit, a body is read only when a handler asks for it with
/// a limit, pipelined requests wait in the kernel, and a stream waits for the client. Every phase of a
/// connection has a time limit that single bytes do not extend. Starting a server lets the process ignore
/// SIGPIPE.
public final class HTTPServer: Sendable {
  /// The port that the server listens on.
  public let port: UInt16
  private let mailboxes: [Mailbox]
  private let threads: [Task<Void, Never>]
  private let census: ServerCensus

  private init(port: UInt16, mailboxes: [Mailbox], threads: [Task<Void, Never>], census: ServerCensus) {
    self.port = port
    self.mailboxes = mailboxes
    self.threads = threads
    self.census = census
  }

  /// Starts to listen.
  ///
  /// - Throws: `HTTPError` with code `cannotListen`, `exposed`, `badCertificate` or `system`
  public static func start(
    _ configuration: ServerConfiguration, handler: @escaping RequestHandler
  ) async throws(HTTPError) -> HTTPServer {
    try checkExposure(configuration)
    signal(SIGPIPE, SIG_IGN)
    let tls: TLSContext?
    if let files = configuration.tls { tls = try TLSContext(files) } else { tls = nil }
    let census = ServerCensus(configuration.limits)
    let context = LoopContext(limits: configuration.limits, tls: tls, census: census, handler: handler)
    var port = configuration.port
    var mailboxes: [Mailbox] = []
    var threads: [Task<Void, Never>] = []
    do throws(HTTPError) {
      for _ in 0..<max(1, configuration.loops) {
        let socket = try ListeningSocket(
          address: configuration.address, port: port, isShared: configuration.loops > 1)
        port = socket.port
        let mailbox = try Mailbox()
        threads.append(try await startLoop(socket, context, mailbox))
        mailboxes.append(mailbox)
      }
    } catch {
      for mailbox in mailboxes { mailbox.post(.stop) }
      throw error
    }
    return HTTPServer(port: port, mailboxes: mailboxes, threads: threads, census: census)
  }

  /// What the server has done, and what it holds.
  public var statistics: ServerStatistics { census.statistics }

  /// Takes no more connections, lets requests under way end for as long as the limits say, and returns when
  /// all connections are closed. Stopping again waits for the same.
  public func stop() async {
    for mailbox in mailboxes { mailbox.post(.stop) }
    for thread in threads { await thread.value }
  }

  private static func checkExposure(_ configuration: ServerConfiguration) throws(HTTPError) {
    guard configuration.tls == nil, !configuration.allowsExposedPlaintext,
      !ListeningSocket.isLoopback(configuration.address)
    else { return }
    throw HTTPError(
      .exposed, at: configuration.address, problem: "others can reach this address, and there is no TLS",
      remedy: "give a certificate and a key, or say that a proxy in front has them")
  }

  // A thread of its own, since libevent's loop blocks. The task ends with it.
  private static func startLoop(
    _ socket: ListeningSocket, _ context: LoopContext, _ mailbox: Mailbox
  ) async throws(HTTPError) -> Task<Void, Never> {
    let (ended, end) = AsyncStream.makeStream(of: Never.self)
    let failure: HTTPError? = await withCheckedContinuation { started in
      Thread.detachNewThread {
        do throws(HTTPError) {
          let loop = try EventLoop(socket, context, mailbox)
          started.resume(returning: nil)
          loop.run()
        } catch {
          started.resume(returning: error)
        }
        end.finish()
      }
    }
    if let failure { throw failure }
    return Task { for await _ in ended {} }
  }
}
