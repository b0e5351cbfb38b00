/// Appends that wait to be made durable together: those that come while others are being written share the
/// next write, so that many writers share its cost.
struct AppendQueue<Value: Sendable>: Sendable {
  /// One append, and who waits for what it comes to.
  struct Waiting: Sendable {
    let records: [LogAppend]
    let continuation: CheckedContinuation<Result<Value, EngineError>, Never>
  }

  private var waiting: [Waiting] = []

  var isEmpty: Bool { waiting.isEmpty }

  /// Adds an append that is within the limits of one write.
  mutating func append(_ append: Waiting) { waiting.append(append) }

  /// Takes the appends that fit into one write, first come first.
  mutating func takeGroup(within limits: EngineLimits) -> [Waiting] {
    var count = 0
    var bytes = 0
    let group = waiting.prefix { append in
      count += append.records.count
      bytes += append.records.reduce(0) { $0 + $1.bytes.count }
      return count <= limits.batchRecords && bytes <= limits.batchBytes
    }
    waiting.removeFirst(group.count)
    return Array(group)
  }
}
