import Foundation

/// What JetStream's API says of a stream.
struct StreamInfo: Decodable, Sendable {
  struct State: Decodable, Sendable {
    let messages: UInt64
    let lastSequence: UInt64
    let subjects: [String: UInt64]?

    enum CodingKeys: String, CodingKey {
      case messages, subjects
      case lastSequence = "last_seq"
    }
  }

  let settings: StreamSettings
  let state: State
  /// When the stream was created, which tells it from one that was deleted and made again.
  let created: String
  /// How many subjects there are, where they were asked for.
  let total: Int?

  enum CodingKeys: String, CodingKey {
    case state, created, total
    case settings = "config"
  }
}

/// What JetStream says of a message that was published.
struct PublishAnswer: Decodable, Sendable {
  let stream: String
  /// The message's number in the stream, or that of the one that had the same id before.
  let sequence: UInt64

  enum CodingKeys: String, CodingKey {
    case stream
    case sequence = "seq"
  }
}

/// A refusal of JetStream's API.
struct JetStreamRefusal: Decodable, Sendable {
  let code: Int
  let number: Int
  let description: String

  enum CodingKeys: String, CodingKey {
    case code, description
    case number = "err_code"
  }

  // Numbers of errors, from the server's errors.json.
  private static let streamNotFound = 10_059
  private static let streamNameInUse = 10_058
  private static let messageTooLarge = 10_054
  private static let messageIDInProcess = 10_158
  private static let storageIsFull = [10_023, 10_028, 10_047, 10_077, 10_122]

  private struct Answer: Decodable {
    let error: JetStreamRefusal?
  }

  /// Reads an answer of the API.
  ///
  /// - Throws: `EngineError` with the code of the refusal in it, or `damaged` if it is not what was asked
  ///   for.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from body: [UInt8], at place: String
  ) throws(EngineError) -> Value {
    let data = Data(body)
    do {
      if let refusal = try JSONDecoder().decode(Answer.self, from: data).error {
        return try { () throws -> Value in throw refusal.error(at: place) }()
      }
      return try JSONDecoder().decode(type, from: data)
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(
        .damaged, at: place, problem: "the server's answer is not what its API promises: \(error)",
        remedy: "check that the address is that of a NATS server of version 2.12 or later")
    }
  }

  private func error(at place: String) -> EngineError {
    let problem = "the server refuses: \(description)"
    switch number {
    case Self.streamNotFound:
      return EngineError(
        .missing, at: place, problem: problem, remedy: "have the operator create the network's streams")
    case Self.streamNameInUse:
      return EngineError(
        .alreadyExists, at: place, problem: problem,
        remedy: "use the limits that the stream was created with, or remove it")
    case Self.messageTooLarge:
      return EngineError(
        .limitExceeded, at: place, problem: problem, remedy: "use the limits that the stream was created with"
      )
    case _ where Self.storageIsFull.contains(number):
      return EngineError(
        .system, at: place, problem: problem, remedy: "give the servers more storage, or free some")
    // 503: there is no leader at the moment.
    case _ where code == 503 || number == Self.messageIDInProcess:
      return EngineError(
        .unreachable, at: place, problem: problem, remedy: "try again; check that most servers run")
    default:
      return EngineError(.system, at: place, problem: problem, remedy: "check the servers' log")
    }
  }
}
