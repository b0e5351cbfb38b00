public import Ledger
public import Wire

/// Why a gateway turns a request away: a name for programs, and a sentence that says what to do.
public enum GatewayRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// The bytes are no signed envelope of a transaction.
  case wire(WireError)
  /// The ledger's rules would pass the transaction over.
  case rules(Refusal)
  /// The key makes too many requests.
  case overRate(requestsPerSecond: Double)
  /// The key uploads too much.
  case overQuota(bytesPerSecond: Double)
  /// The packet is longer than any update of the task.
  case packetTooLarge(bytes: Int, limitBytes: Int)
  /// A submission came without its packet.
  case submissionWithoutPacket
  /// What came with a packet is signed, and no submission.
  case noSubmission
  /// The submission is for another packet.
  case otherPacket
  /// First weights are longer than the gateway takes.
  case weightsTooLarge(bytes: Int, limitBytes: Int)
  /// What came with first weights is signed, and opens no task.
  case noCreation
  /// The creation is for other first weights.
  case otherWeights
  /// The version asked for is not there yet.
  case notFinal(version: UInt64, newest: UInt64)
  /// The log or the blob store failed.
  case engine(String)

  /// The refusal's name, which stays the same from version to version.
  public var code: String {
    switch self {
    case .wire(let error): error.code == .badSignature ? "badSignature" : "malformed"
    case .rules(let refusal): refusal.rawValue
    case .overRate: "overRate"
    case .overQuota: "overQuota"
    case .packetTooLarge: "packetTooLarge"
    case .submissionWithoutPacket: "submissionWithoutPacket"
    case .noSubmission: "noSubmission"
    case .otherPacket: "otherPacket"
    case .weightsTooLarge: "weightsTooLarge"
    case .noCreation: "noCreation"
    case .otherWeights: "otherWeights"
    case .notFinal: "notFinal"
    case .engine: "unavailable"
    }
  }

  /// What is wrong, and what to do about it.
  public var description: String {
    switch self {
    case .wire(let error): "\(error); encode and sign it as docs/WIRE.md says"
    case .rules(let refusal): refusal.explanation
    case .overRate(let rate):
      "more than \(Int(rate)) requests a second of this key; wait, and send them slower"
    case .overQuota(let rate):
      "more than \(Int(rate)) bytes a second of this key's uploads; wait, and send less"
    case .packetTooLarge(let bytes, let limit):
      "the packet has \(bytes) bytes, and an update of this task \(limit) at most; encode it as its form asks"
    case .submissionWithoutPacket: "a submission comes with its packet; upload them together"
    case .noSubmission: "the envelope that came with the packet is no submission; sign one for the packet"
    case .otherPacket: "the submission is for another packet; send the one whose digest it names"
    case .weightsTooLarge(let bytes, let limit):
      "the first weights have \(bytes) bytes, and this gateway takes \(limit) at most; ask another"
    case .noCreation: "the envelope that came with first weights opens no task; sign a creation for them"
    case .otherWeights:
      "these are not the first weights that the creation names; send four bytes a parameter with their digest"
    case .notFinal(let version, let newest):
      "version \(version) is not final; ask for version \(newest) or an older one"
    case .engine(let reason): "the gateway cannot store it now: \(reason); send the same again later"
    }
  }
}
