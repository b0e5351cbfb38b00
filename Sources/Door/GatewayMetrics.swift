import Agents
import HTTP
import Ledger
import Wire

/// What a gateway counts, in the text format of Prometheus (version 0.0.4).
struct GatewayMetrics: Sendable {
  private struct Answer: Hashable, Comparable {
    let route: String
    let method: String
    let status: Int

    static func < (left: Answer, right: Answer) -> Bool {
      (left.route, left.method, left.status) < (right.route, right.method, right.status)
    }
  }

  private var answers: [Answer: UInt64] = [:]
  private var accepted: [String: UInt64] = [:]
  private var refused: [String: UInt64] = [:]

  /// Counts an answer to a request.
  mutating func answered(_ route: Route?, _ method: String, _ status: Int) {
    // Methods come from clients: whatever is none of ours counts as one.
    let method = ["GET", "HEAD", "POST"].contains(method) ? method : "other"
    answers[Answer(route: route?.pattern ?? "none", method: method, status: status), default: 0] += 1
  }

  /// Counts an order that stands in the log.
  mutating func accepted(_ kind: String) { accepted[kind, default: 0] += 1 }

  /// Counts an order that was refused.
  mutating func refused(_ code: String) { refused[code, default: 0] += 1 }

  /// All figures as text.
  ///
  /// - Parameter lag: records of the log that are not applied; nil while the log cannot be reached
  func text(
    _ replica: Replica, lag: UInt64?, subscribers: Int, blobBytes: Int, _ server: ServerStatistics?
  ) -> String {
    var text = MetricsText()
    text.family("tributary_gateway_answers_total", "counter", "Answers, by route, method and status.")
    for (answer, count) in answers.sorted(by: { $0.key < $1.key }) {
      text.sample(
        ["route": answer.route, "method": answer.method, "status": "\(answer.status)"], count)
    }
    text.family("tributary_gateway_accepted_total", "counter", "Orders that stand in the log.")
    for (kind, count) in accepted.sorted(by: { $0.key < $1.key }) { text.sample(["kind": kind], count) }
    text.family("tributary_gateway_refused_total", "counter", "Orders that were refused, by reason.")
    for (code, count) in refused.sorted(by: { $0.key < $1.key }) { text.sample(["code": code], count) }
    text.single(
      "tributary_log_length", "counter", "Records of the log that are applied.", replica.chain.length)
    if let lag {
      text.single("tributary_log_lag", "gauge", "Records of the log that are not applied yet.", lag)
    }
    text.single(
      "tributary_contributors", "gauge", "Contributors with a bond.", UInt64(replica.contributors.count))
    let tasks = replica.tasks.values.sorted { $0.id < $1.id }
    text.family("tributary_task_version", "counter", "The newest final version of a task.")
    for task in tasks { text.sample(["task": task.id.hex], task.version) }
    text.family("tributary_task_window", "counter", "The window of a task that collects.")
    for task in tasks { text.sample(["task": task.id.hex], task.collectingWindow) }
    text.family("tributary_task_updates", "gauge", "Updates that the collecting window holds.")
    for task in tasks { text.sample(["task": task.id.hex], UInt64(task.collectedUpdates)) }
    text.single("tributary_gateway_subscribers", "gauge", "Streams of events.", UInt64(subscribers))
    text.single("tributary_gateway_blob_bytes", "gauge", "Bytes of blobs in memory.", UInt64(blobBytes))
    if let server { text.add(server) }
    return text.text
  }
}

/// Writes metrics.
private struct MetricsText {
  private(set) var text = ""
  private var name = ""

  mutating func family(_ name: String, _ kind: String, _ help: String) {
    self.name = name
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
  }

  // No label here holds a character that would have to be escaped.
  mutating func sample(_ labels: KeyValuePairs<String, String>, _ value: UInt64) {
    let list = labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
    text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
  }

  mutating func single(_ name: String, _ kind: String, _ help: String, _ value: UInt64) {
    family(name, kind, help)
    sample([:], value)
  }

  mutating func add(_ server: ServerStatistics) {
    single(
      "tributary_http_connections", "gauge", "Connections that are open.", UInt64(server.openConnections))
    single(
      "tributary_http_connections_total", "counter", "Connections that were accepted.",
      server.acceptedConnections)
    single(
      "tributary_http_connections_refused_total", "counter", "Connections that were one too many.",
      server.refusedConnections)
    single(
      "tributary_http_connections_timed_out_total", "counter", "Connections that were too slow.",
      server.timedOutConnections)
    single("tributary_http_requests_total", "counter", "Requests whose heads were read.", server.requests)
    single(
      "tributary_http_requests_refused_total", "counter", "Requests that were malformed or over a limit.",
      server.refusedRequests)
    single("tributary_http_received_bytes_total", "counter", "Bytes received.", server.receivedBytes)
    single("tributary_http_sent_bytes_total", "counter", "Bytes sent.", server.sentBytes)
    single("tributary_http_body_bytes", "gauge", "Bytes of bodies in memory.", UInt64(server.heldBodyBytes))
  }
}
