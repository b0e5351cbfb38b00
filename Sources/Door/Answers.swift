import Agents
import Foundation
import HTTP
import Ledger
import Wire

/// The forms of answers.
enum Answers {
  static let protobufType = "application/x-protobuf"

  private static let encoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  /// A value as JSON on one line.
  static func bytes(_ value: some Encodable) throws -> [UInt8] { Array(try encoder.encode(value)) }

  /// A value as JSON, which holds for this moment.
  static func json(_ value: some Encodable, status: Int = 200) throws -> Response {
    var response = Response(status, type: "application/json", try bytes(value) + [0x0A])
    response.headers.add("cache-control", "no-store")
    return response
  }

  /// Bytes that somebody signed, to be checked by whoever takes them.
  static func protobuf(_ bytes: [UInt8]) -> Response {
    var response = Response(type: protobufType, bytes)
    response.headers.add("cache-control", "no-store")
    response.headers.add("vary", "accept")
    return response
  }

  /// Whether a client would rather read than check.
  static func prefersJSON(_ request: Request) -> Bool {
    let types = request.head.headers.values(of: "accept").joined(separator: ",").lowercased()
    return types.contains("application/json") && !types.contains(protobufType)
  }

  static func problem(_ refusal: GatewayRefusal) -> Response {
    if refusal.isPassing { return later(refusal.status, code: refusal.code, refusal.description) }
    var response = Response.problem(refusal.status, code: refusal.code, detail: refusal.description)
    if refusal.status == 401 { response.headers.add("www-authenticate", "Tributary") }
    return response
  }

  /// An answer to whom the same may be let through later.
  static func later(_ status: Int, code: String, _ detail: String, seconds: Int = 1) -> Response {
    var response = Response.problem(status, code: code, detail: detail)
    response.headers.add("retry-after", "\(seconds)")
    return response
  }

  static func notFound(_ detail: String) -> Response { .problem(404, code: "notFound", detail: detail) }

  static func badQuery(_ detail: String) -> Response { .problem(400, code: "badQuery", detail: detail) }
}

extension GatewayRefusal {
  /// The status that goes with a refusal.
  var status: Int {
    switch self {
    case .wire(let error): error.code == .badSignature ? 401 : 400
    case .rules(let refusal): refusal.status
    case .overRate, .overQuota: 429
    case .packetTooLarge, .weightsTooLarge: 413
    case .submissionWithoutPacket, .noSubmission, .otherPacket, .noCreation, .otherWeights: 422
    case .notFinal: 404
    case .engine: 503
    }
  }

  /// Whether the same may be let through a moment later. What the rules refuse waits for more than time.
  var isPassing: Bool {
    switch self {
    case .overRate, .overQuota, .engine: true
    default: false
    }
  }
}

extension Refusal {
  /// The status that goes with a refusal: who may not, what is not there, what comes too early or too late,
  /// what is too much, and what makes no sense.
  var status: Int {
    switch self {
    case .malformed: 400
    case .insufficientUnits, .notRegistered, .notValidator, .struckOff: 403
    case .unknownTask: 404
    case .wrongNonce, .alreadyRegistered, .stillCommitted, .futureVersion, .stale, .oldSequence,
      .alreadyCommitted, .notCommitted, .windowFull, .wrongPhase, .repeated, .noOffence:
      409
    case .otherNetwork, .zeroUnits, .wrongSecret, .wrongRow, .wrongSeal, .wrongKeys, .wrongShape,
      .belowMinimumStake, .wrongAttestation:
      422
    case .tooManyTasks, .tooManyCommitments, .tooManyWaiting, .heldBack: 429
    }
  }
}
