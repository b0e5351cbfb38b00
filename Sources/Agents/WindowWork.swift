import Aggregation
import Attribution
import Ledger
import Updates
import Wire

/// What a validator has gathered of one window, and what it owes for it.
struct WindowWork: Sendable {
  /// How far the packets have come.
  enum Fetching: Sendable {
    case notAsked
    case asked
    case answered
    /// Packets that were missing at first, and that the merge needs, were asked for once more.
    case askedAgain
    case answeredAgain
  }

  let index: UInt64
  let seed: Digest
  let updates: [WindowUpdate]
  /// Whether a row is to be posted. Not for a window of the past.
  var owesRow: Bool
  /// Whether the version is to be attested.
  var owesAttestation: Bool
  /// The packets by digest; nil for one that is malformed, and no entry for one that could not be had.
  private(set) var packets: [Digest: Packet?]?
  var fetching = Fetching.notAsked
  var roots: RootUpdates?
  var isMeasuringRoots = false
  var hasJudged = false
  var decision: (plan: MergePlan, template: VersionHeader)?
  var recomputation: Recomputation?
  /// The merge as credits are measured along it, as long as the version may have to be attested.
  var merge: CreditedMerge?
  /// The header that became final, which may be before this validator has merged.
  var final: VersionHeader?

  init(index: UInt64, seed: Digest, updates: [WindowUpdate], isOwed: Bool) {
    self.index = index
    self.seed = seed
    self.updates = updates
    owesRow = isOwed
    owesAttestation = isOwed
  }

  /// The version that the window leads to.
  var version: UInt64 { index + 1 }

  /// The packets that the window needs as far as it is known: all to judge it, and only those of its plan to
  /// merge it; nil if there is nothing to do with them yet.
  var neededPackets: [Digest]? {
    owesRow ? updates.map(\.packet) : decision?.plan.entries.map(\.packet)
  }

  /// Takes packets up whose bytes have their names; a name that stands in no update is passed over.
  mutating func receive(_ bytes: [Digest: [UInt8]]) {
    fetching = fetching == .askedAgain ? .answeredAgain : .answered
    var decoded = packets ?? [:]
    for digest in updates.map(\.packet) where decoded[digest] == nil {
      guard let bytes = bytes[digest], Packet.digest(of: bytes) == digest else { continue }
      decoded[digest] = .some(try? Packet(wireBytes: bytes, limit: UpdateLimits.messageBytesLimit))
    }
    packets = decoded
  }
}
