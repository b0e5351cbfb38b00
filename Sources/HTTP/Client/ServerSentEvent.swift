/// One event of a stream of type `text/event-stream` (WHATWG HTML, section 9.2).
public struct ServerSentEvent: Sendable, Hashable {
  /// The event's type; `message` if none was given.
  public var name = "message"
  /// The data lines, joined by line feeds.
  public var data = ""
  /// The last identifier that was given.
  public var id = ""

  /// Creates an event.
  public init(name: String = "message", data: String = "", id: String = "") {
    (self.name, self.data, self.id) = (name, data, id)
  }

  /// The event as it stands in a stream.
  public var bytes: [UInt8] {
    var text = id.isEmpty ? "" : "id: \(id)\n"
    text += "event: \(name)\n"
    for line in data.split(separator: "\n", omittingEmptySubsequences: false) { text += "data: \(line)\n" }
    return Array((text + "\n").utf8)
  }

  /// A line that keeps a stream alive and says nothing.
  public static let heartbeat = Array(": alive\n\n".utf8)
}

/// Reads a stream's bytes, however they are cut.
package struct ServerSentEventParser {
  /// Bytes of one event.
  static let eventBytesLimit = 1 << 20

  private var line: [UInt8] = []
  private var event = ServerSentEvent()
  private var hasData = false
  private var eventBytes = 0
  private var endedInReturn = false

  /// Begins a stream.
  package init() {}

  /// The events that the bytes complete.
  ///
  /// - Throws: `HTTPError` with code `malformed` if an event is too long
  package mutating func feed(_ bytes: [UInt8]) throws(HTTPError) -> [ServerSentEvent] {
    var events: [ServerSentEvent] = []
    for byte in bytes {
      defer { endedInReturn = byte == 0x0D }
      if byte == 0x0A && endedInReturn { continue }
      if byte == 0x0A || byte == 0x0D {
        if let event = endLine() { events.append(event) }
        continue
      }
      line.append(byte)
      eventBytes += 1
      guard eventBytes <= Self.eventBytesLimit else {
        throw HTTPError(
          .malformed, at: "event stream", problem: "an event has over \(Self.eventBytesLimit) bytes",
          remedy: "ask another server")
      }
    }
    return events
  }

  private mutating func endLine() -> ServerSentEvent? {
    defer { line = [] }
    guard !line.isEmpty else {
      defer {
        event = ServerSentEvent(id: event.id)
        (hasData, eventBytes) = (false, 0)
      }
      return hasData ? event : nil
    }
    let sides = String(decoding: line, as: UTF8.self).split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    var value = sides.dropFirst().first ?? ""
    if value.hasPrefix(" ") { value = value.dropFirst() }
    switch sides[0] {
    case "event": event.name = String(value)
    case "id": event.id = String(value)
    case "data":
      event.data += (hasData ? "\n" : "") + value
      hasData = true
    case "": eventBytes = 0
    default: break
    }
    return nil
  }
}
