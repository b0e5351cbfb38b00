public import Wire

/// The streams of a network, which its operator creates once.
public enum JetStreamStreams {
  /// Creates the streams of a network's log and blobs, or finds them there with the same settings. Messages
  /// can neither be deleted, purged nor rolled up, by anybody.
  ///
  /// - Parameters:
  ///   - network: the network's digest.
  ///   - servers: the cluster, with the operator's key.
  ///   - replicas: on how many servers each message is stored before it is acknowledged: 1, 3 or 5.
  ///   - limits: what the log accepts at most. Every node opens the log with the same limits.
  /// - Throws: `EngineError` with code `alreadyExists` if there are streams with other settings,
  ///   `limitExceeded` if the servers take no message as long as the limits ask for, `unreachable`,
  ///   `notPermitted`, `damaged` or `system`.
  public static func create(
    network: Digest, on servers: NatsServers, replicas: Int = 1, limits: EngineLimits = .jetStream
  ) async throws(EngineError) {
    let names = JetStreamNames(network: network)
    let link = NatsLink(servers)
    defer { link.close() }
    try await link.retrying(on: BlockingThread(label: "tributary.streams")) { client throws(EngineError) in
      for settings in [
        StreamSettings.log(names, limits: limits, replicas: replicas), .blobs(names, replicas: replicas),
      ] {
        let payloadBytesLimit = client.connection.payloadBytesLimit
        guard settings.messageBytesLimit <= payloadBytesLimit else {
          throw .tooLarge(
            "the longest message of stream \(settings.name)", at: servers.place,
            bytes: settings.messageBytesLimit, limitBytes: payloadBytesLimit)
        }
        let created = try client.create(settings)
        if let objection = settings.objection(to: created.settings) {
          throw EngineError(
            .alreadyExists, at: "\(servers.place), stream \(settings.name)", problem: objection,
            remedy: "use the limits that the stream was created with, or remove it")
        }
      }
    }
  }
}
