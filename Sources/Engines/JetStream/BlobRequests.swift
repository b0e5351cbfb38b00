import Synchronization

/// What a blob store asks of its stream, a few requests at a time, over connections that may be lost.
final class BlobRequests: Sendable {
  /// What was found under a subject.
  enum Finding<Value: Sendable>: Sendable {
    /// The first candidate that was accepted.
    case found(Value)
    /// There are candidates, and none was accepted.
    case damaged
    /// There is none.
    case absent
  }

  /// The number of requests that are under way at most: servers make those that come together durable
  /// together.
  static let threadsCount = 16

  private let link: NatsLink
  private let stream: String
  private let threads: [BlockingThread]
  private let turn = Atomic<Int>(0)

  init(link: NatsLink, stream: String) {
    self.link = link
    self.stream = stream
    threads = (0..<Self.threadsCount).map { BlockingThread(label: "tributary.blobs.\($0)") }
  }

  /// Describes the stream.
  func info(subjects: String? = nil, offset: Int = 0) async throws(EngineError) -> StreamInfo {
    let stream = stream
    return try await retrying { client throws(EngineError) in
      try client.info(stream, subjects: subjects, offset: offset)
    }
  }

  /// Stores a message unless the last one on the subject is the same. An acknowledgement that was lost is
  /// found out by looking again.
  func keep(_ body: [UInt8], on subject: String) async throws(EngineError) {
    let stream = stream
    try await retrying { client throws(EngineError) in
      guard try client.last(stream, on: subject) != body else { return }
      _ = try client.publish(body, on: subject, stream: stream, messageID: nil)
    }
  }

  /// Looks for the first message on a subject that is accepted: the last one, then those from the first on.
  func find<Value: Sendable>(
    on subject: String, accept: @Sendable ([UInt8]) async throws(EngineError) -> Value?
  ) async throws(EngineError) -> Finding<Value> {
    let stream = stream
    guard
      let last = try await retrying({ client throws(EngineError) in try client.last(stream, on: subject) })
    else { return .absent }
    if let value = try await accept(last) { return .found(value) }
    var sequence: UInt64 = 0
    for _ in 0..<JetStreamBlobStore.candidatesLimit {
      let from = sequence + 1
      let next = try await retrying { client throws(EngineError) in
        try client.next(stream, on: subject, from: from)
      }
      guard let next else { break }
      if let value = try await accept(next.body) { return .found(value) }
      sequence = next.sequence
    }
    return .damaged
  }

  private func retrying<Value: Sendable>(
    _ body: @escaping @Sendable (JetStreamClient) throws(EngineError) -> Value
  ) async throws(EngineError) -> Value {
    try await link.retrying(on: threads[turn.add(1, ordering: .relaxed).oldValue % threads.count], body)
  }
}
