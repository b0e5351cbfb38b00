/// How a stream is set up, in the form of JetStream's API. A node compares what it finds with what it needs,
/// so that a stream which drops, rolls up or rewrites messages is refused.
struct StreamSettings: Codable, Hashable, Sendable {
  var name: String
  var description: String
  var subjects: [String]
  var messageBytesLimit: Int
  var republish: Republish?
  var replicas: Int

  // What every stream of this program has.
  var retention = "limits"
  var storage = "file"
  var discard = "new"
  var consumersLimit = -1
  var messagesLimit = -1
  var bytesLimit = -1
  var messagesPerSubjectLimit = -1
  var ageLimitNanoseconds = 0
  var deniesDelete = true
  var deniesPurge = true
  var allowsRollup = false
  var allowsDirect = true
  var duplicatesNanoseconds = 120_000_000_000

  // What none of them has; older servers leave some out.
  var isSealed: Bool?
  var acknowledgesNothing: Bool?
  var allowsLifetimes: Bool?
  var allowsCounters: Bool?
  var allowsSchedules: Bool?
  var persistence: String?
  var firstSequence: UInt64?
  var mirror: Anything?
  var sources: Anything?
  var transform: Anything?

  /// Where the server announces what it has stored.
  struct Republish: Codable, Hashable, Sendable {
    var source: String
    var destination: String
    var headersOnly = true

    enum CodingKeys: String, CodingKey {
      case source = "src"
      case destination = "dest"
      case headersOnly = "headers_only"
    }
  }

  /// A value of which only the presence matters.
  struct Anything: Codable, Hashable, Sendable {
    init() {}
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws {}
  }

  enum CodingKeys: String, CodingKey {
    case name, description, subjects, republish, retention, storage, discard, mirror, sources
    case messageBytesLimit = "max_msg_size"
    case replicas = "num_replicas"
    case consumersLimit = "max_consumers"
    case messagesLimit = "max_msgs"
    case bytesLimit = "max_bytes"
    case messagesPerSubjectLimit = "max_msgs_per_subject"
    case ageLimitNanoseconds = "max_age"
    case deniesDelete = "deny_delete"
    case deniesPurge = "deny_purge"
    case allowsRollup = "allow_rollup_hdrs"
    case allowsDirect = "allow_direct"
    case duplicatesNanoseconds = "duplicate_window"
    case isSealed = "sealed"
    case acknowledgesNothing = "no_ack"
    case allowsLifetimes = "allow_msg_ttl"
    case allowsCounters = "allow_msg_counter"
    case allowsSchedules = "allow_msg_schedules"
    case persistence = "persist_mode"
    case firstSequence = "first_seq"
    case transform = "subject_transform"
  }
}

extension StreamSettings {
  init(name: String, description: String, subjects: [String], messageBytesLimit: Int, replicas: Int) {
    self.name = name
    self.description = description
    self.subjects = subjects
    self.messageBytesLimit = messageBytesLimit
    self.replicas = replicas
  }

  /// Space for a message's headers.
  static let headerBytesLimit = 1_024

  /// The stream of a log's batches. Its description holds what all nodes must agree on to read it alike.
  static func log(_ names: JetStreamNames, limits: EngineLimits, replicas: Int) -> StreamSettings {
    var settings = StreamSettings(
      name: names.logStream,
      description: "tributary log 1: records of \(limits.recordBytes) bytes, "
        + "batches of \(limits.batchRecords) records and \(limits.batchBytes) bytes",
      subjects: [names.logSubject],
      messageBytesLimit: LogBatch.bytesLimit(limits) + headerBytesLimit, replicas: replicas)
    settings.republish = Republish(source: names.logSubject, destination: names.storedSubject)
    return settings
  }

  /// The stream of blobs and their chunks.
  static func blobs(_ names: JetStreamNames, replicas: Int) -> StreamSettings {
    StreamSettings(
      name: names.blobStream, description: "tributary blobs 1: chunks of \(BlobManifest.chunkBytes) bytes",
      subjects: [names.blobPrefix + "*", names.chunkPrefix + "*"],
      messageBytesLimit: BlobManifest.bytesLimit + headerBytesLimit, replicas: replicas)
  }

  /// Names the first thing in which a stream that was found differs from this one; nil if it will do. How
  /// many replicas it has, and how many consumers it may have, is its operator's business.
  func objection(to found: StreamSettings) -> String? {
    var found = found
    found.replicas = replicas
    found.consumersLimit = consumersLimit
    for flag in [
      \StreamSettings.isSealed, \.acknowledgesNothing, \.allowsLifetimes, \.allowsCounters, \.allowsSchedules,
    ] where found[keyPath: flag] == false { found[keyPath: flag] = nil }
    if found.persistence == "" || found.persistence == "default" { found.persistence = nil }
    if let first = found.firstSequence, first <= 1 { found.firstSequence = nil }
    guard found != self else { return nil }
    let wanted = Mirror(reflecting: self).children
    let present = Mirror(reflecting: found).children
    for (want, have) in zip(wanted, present) where "\(want.value)" != "\(have.value)" {
      return "its \(want.label ?? "setting") is \(have.value), not \(want.value)"
    }
    return "it has other settings"
  }
}
