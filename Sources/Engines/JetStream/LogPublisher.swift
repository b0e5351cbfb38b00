import Wire

/// Publishes appends to a log's stream. Those that come while a message is under way go together into the
/// next one, so that many writers share the cost of making it durable.
actor LogPublisher {
  private let link: NatsLink
  private let names: JetStreamNames
  private let limits: EngineLimits
  private let thread = BlockingThread(label: "tributary.log.publish")
  private var waiting = AppendQueue<UInt64>()
  private var isPublishing = false

  init(link: NatsLink, names: JetStreamNames, limits: EngineLimits) {
    self.link = link
    self.names = names
    self.limits = limits
  }

  /// Stores records in one message, perhaps among others, and returns its sequence once it is durable.
  ///
  /// - Throws: as `JetStreamClient.publish`, or `closed`.
  func publish(_ records: [LogAppend]) async throws(EngineError) -> UInt64 {
    let result = await withCheckedContinuation { continuation in
      waiting.append(.init(records: records, continuation: continuation))
      guard !isPublishing else { return }
      isPublishing = true
      Task { await publishAll() }
    }
    return try result.get()
  }

  /// Stores records in a message of their own that the server takes for no other, whatever it has stored.
  func publishAlone(_ records: [LogAppend]) async throws(EngineError) -> UInt64 {
    try await store(LogBatch(records), messageID: nil).get()
  }

  private func publishAll() async {
    while !waiting.isEmpty {
      let group = waiting.takeGroup(within: limits)
      let batch = LogBatch(group.flatMap(\.records))
      let result = await store(batch, messageID: batch.messageID.hex)
      for append in group { append.continuation.resume(returning: result) }
    }
    isPublishing = false
  }

  // The same message with the same id, so that one of which only the acknowledgement was lost is not stored
  // again.
  private func store(_ batch: LogBatch, messageID: String?) async -> Result<UInt64, EngineError> {
    let (body, names) = (batch.wireBytes, names)
    do throws(EngineError) {
      return .success(
        try await link.retrying(on: thread) { client throws(EngineError) in
          try client.publish(body, on: names.logSubject, stream: names.logStream, messageID: messageID)
        })
    } catch {
      return .failure(error)
    }
  }
}
