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
  /// Whose window it is: sealed packets are sealed to them.
  let validators: ValidatorSet
  /// Whether this validator can open the packets without their published keys.
  let opensPackets: Bool
  /// How many committees were drawn before the one that judges the window.
  var round: UInt64 = 0
  /// Whether enough validators are bound to their rows for this one's to be seen.
  var mayReveal = false
  /// Whether a row is to be made. Not for a window of the past, nor for another committee's.
  var owesRow = false
  /// Whether the version is to be attested.
  var owesAttestation = false
  /// Whether the keys of the merge may have to be published.
  var owesKeys = false
  /// The packets by digest; nil for one that is malformed, and no entry for one that could not be had, or is
  /// unopened.
  private(set) var packets: [Digest: Packet?]?
  /// The content keys of sealed packets, by digest.
  private(set) var keys: [Digest: ContentKey] = [:]
  /// Blobs that this validator cannot open, by digest.
  private(set) var unopened: [Digest: [UInt8]] = [:]
  /// Whether the keys of what was merged have been published.
  private(set) var areKeysPublic = false
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

  init(
    index: UInt64, seed: Digest, updates: [WindowUpdate], validators: ValidatorSet, opensPackets: Bool
  ) {
    self.index = index
    self.seed = seed
    self.updates = updates
    self.validators = validators
    self.opensPackets = opensPackets
  }

  /// The version that the window leads to.
  var version: UInt64 { index + 1 }

  /// The packets that the window needs as far as it is known: all to judge it, and only those of its plan to
  /// merge it; nil if there is nothing to do with them yet.
  var neededPackets: [Digest]? {
    owesRow ? updates.map(\.packet) : decision?.plan.entries.map(\.packet)
  }

  /// Takes packets up whose bytes have their names; a name that stands in no update is passed over.
  mutating func receive(_ blobs: [Digest: [UInt8]], under seal: PacketSeal, by validator: SigningKey) {
    fetching = fetching == .askedAgain ? .answeredAgain : .answered
    packets = packets ?? [:]
    let recipients = seal.recipients(validators)
    for update in updates where packets?[update.packet] == nil {
      guard let blob = blobs[update.packet], Packet.digest(of: blob) == update.packet else { continue }
      guard opensPackets else {
        unopened[update.packet] = blob
        continue
      }
      let opened = try? seal.open(blob, of: update, by: validator, among: recipients)
      keys[update.packet] = opened?.key
      note(update.packet, opened?.packet)
    }
    openWithKeys(under: seal, recipients)
  }

  /// Takes up the published keys of the merge.
  mutating func takeUp(_ published: [ContentKey], under seal: PacketSeal) {
    areKeysPublic = true
    for (entry, key) in zip(decision?.plan.entries ?? [], published) { keys[entry.packet] = key }
    openWithKeys(under: seal, seal.recipients(validators))
  }

  private mutating func openWithKeys(under seal: PacketSeal, _ recipients: Recipients) {
    for update in updates {
      guard let blob = unopened[update.packet], let key = keys[update.packet] else { continue }
      unopened[update.packet] = nil
      note(update.packet, try? seal.open(blob, from: update.contributor, with: key, sealedTo: recipients))
    }
  }

  /// Decodes what a blob held; nil if it could not be opened.
  private mutating func note(_ digest: Digest, _ bytes: [UInt8]?) {
    let packet = bytes.flatMap { try? Packet(wireBytes: $0, limit: UpdateLimits.messageBytesLimit) }
    packets?[digest] = .some(packet)
  }
}
