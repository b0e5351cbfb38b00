import Door
import HTTP
import JSON5
import Trainers
import WireSamples

extension FuzzTargets {
  /// What the gateway's door and its clients read: request heads with all that is read out of them, and
  /// streams of events, which do not depend on how they are cut.
  static let http = FuzzTarget(
    "http",
    [
      .init(seeds: heads) { input in
        guard let head = try? RequestHead(parsing: input) else { return .refused }
        let length = 1_000
        switch ByteRange.select(head.headers["range"], of: length) {
        case .part(let range) where range.isEmpty || range.upperBound > length:
          return .wrong("the range \(range) of \(length) bytes")
        default: break
        }
        guard head.contentLength >= 0 else { return .wrong("a content of \(head.contentLength) bytes") }
        return Route(head.target) == nil ? .refused : .accepted
      },
      .init(seeds: [.init(name: "events", bytes: events)]) { input in
        var whole = ServerSentEventParser()
        var cut = ServerSentEventParser()
        let events = try? whole.feed(input)
        var pieces: [ServerSentEvent]? = []
        for byte in input {
          pieces = pieces.flatMap { before in (try? cut.feed([byte])).map { before + $0 } }
        }
        guard events == pieces else { return .wrong("events depend on how a stream is cut") }
        return events?.isEmpty == false ? .accepted : .refused
      },
    ])

  private static let digest = WireSamples.digest(1)

  private static let heads: [FuzzTarget.Seed] = [
    ("health", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
    (
      "range",
      "GET /v1/blobs/\(digest) HTTP/1.1\r\nHost: a:1\r\nRange: bytes=5-99\r\nConnection: close\r\n\r\n"
    ),
    (
      "upload",
      "POST /v1/tasks/\(digest)/packets HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n"
        + "Expect: 100-continue\r\n\r\n"
    ),
    ("query", "GET /v1/tasks/\(digest)/versions?after=3&epoch=%31 HTTP/1.0\r\n\r\n"),
  ].map { .init(name: $0, bytes: Array($1.utf8)) }

  private static let events =
    ServerSentEvent(name: "version", data: "{\"version\":3}\nmore", id: "7").bytes + ServerSentEvent.heartbeat
    + ServerSentEvent(data: "x").bytes

  /// What a trainer's process writes: frames, which do not depend on how they are cut, and answers in them.
  static let trainers = FuzzTarget(
    "trainers",
    [
      .init(seeds: [.init(name: "frames", bytes: TrainerFrame.encode("{id:1}") + TrainerFrame.encode("{}"))])
      {
        input in
        var whole = FrameReader()
        whole.append(input)
        var cut = FrameReader()
        let messages = readAll(&whole)
        var pieces: [[UInt8]] = []
        for byte in input {
          cut.append([byte])
          pieces += readAll(&cut).messages
        }
        // A frame that breaks off in the wrong bytes is noticed with the first of them.
        guard messages.messages == pieces else { return .wrong("messages depend on how a stream is cut") }
        return messages.isBroken || pieces.isEmpty ? .refused : .accepted
      },
      .init(seeds: answers) { input in
        (try? TrainerAnswer<Double>.read(input, to: 7) { $0.requiredNumber("loss", in: -1e9...1e9) }) == nil
          ? .refused : .accepted
      },
    ])

  private static let answers: [FuzzTarget.Seed] = [
    ("result", #"{"id": 7, "result": {"loss": 0.25}}"#),
    ("progress", #"{"id": 7, "progress": {"step": 3, "steps": 10, "loss": 1e-3}}"#),
    ("error", #"{"id": 7, "error": "no data: \u00e9"}"#),
  ].map { .init(name: $0, bytes: Array($1.utf8)) }

  private static func readAll(_ reader: inout FrameReader) -> (messages: [[UInt8]], isBroken: Bool) {
    var messages: [[UInt8]] = []
    do {
      while let message = try reader.next() { messages.append(message) }
      return (messages, false)
    } catch {
      return (messages, true)
    }
  }
}
