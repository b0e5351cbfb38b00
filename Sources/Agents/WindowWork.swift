import Aggregation
import Ledger
import Updates
import Wire

/// What a validator has gathered of one window.
struct WindowWork: Sendable {
  /// Packets that were missing at first, and that the merge needs.
  enum SecondFetch: Sendable { case notNeeded, asked, answered }

  let index: UInt64
  let seed: Digest
  let updates: [WindowUpdate]
  /// Whether the validator's row is asked for.
  private(set) var isJudge: Bool
  /// How many committees were drawn before the one that judges the window.
  private(set) var round: UInt64 = 0
  /// The packets by digest; nil for one that is malformed, and no entry for one that could not be had, or is
  /// unopened.
  private(set) var packets: [Digest: Packet?]?
  /// The content keys of sealed packets, by digest.
  private(set) var keys: [Digest: ContentKey] = [:]
  /// Blobs that this validator cannot open, by digest.
  private(set) var unopened: [Digest: [UInt8]] = [:]
  /// Whether the keys of what was merged have been published.
  private(set) var areKeysPublic = false
  var secondFetch = SecondFetch.notNeeded
  var roots: RootUpdates?
  /// The validator's row, once it has judged.
  var row: Assessment?
  /// Whether enough validators are bound to their rows for this one's to be seen.
  var mayReveal = false
  var decision: (plan: MergePlan, template: VersionHeader)?
  var recomputation: Recomputation?
  /// The header that became final, which may be before this validator has merged.
  var final: VersionHeader?

  init(index: UInt64, seed: Digest, updates: [WindowUpdate], isJudge: Bool) {
    self.index = index
    self.seed = seed
    self.updates = updates
    self.isJudge = isJudge
  }

  /// Starts the judging anew.
  mutating func redraw(round: UInt64, isJudge: Bool) {
    self.round = round
    self.isJudge = isJudge
    mayReveal = false
  }

  var hasJudged: Bool { row != nil }

  /// The version that the window leads to.
  var version: UInt64 { index + 1 }

  /// Takes packets up whose bytes have their names; a name that stands in no update is passed over.
  mutating func receive(_ blobs: [Digest: [UInt8]], under seal: PacketSeal, by validator: SigningKey) {
    if packets != nil, secondFetch == .asked { secondFetch = .answered }
    packets = packets ?? [:]
    for update in updates where packets?[update.packet] == nil {
      guard let blob = blobs[update.packet], Packet.digest(of: blob) == update.packet else { continue }
      guard seal.opens(for: validator.publicKey) else {
        unopened[update.packet] = blob
        continue
      }
      let opened = try? seal.open(blob, of: update, by: validator)
      keys[update.packet] = opened?.key
      note(update.packet, opened?.packet)
    }
    openWithKeys(under: seal)
  }

  /// Takes up the published keys of the merge.
  mutating func takeUp(_ published: [ContentKey], under seal: PacketSeal) {
    areKeysPublic = true
    for (entry, key) in zip(decision?.plan.entries ?? [], published) { keys[entry.packet] = key }
    openWithKeys(under: seal)
  }

  private mutating func openWithKeys(under seal: PacketSeal) {
    for update in updates {
      guard let blob = unopened[update.packet], let key = keys[update.packet] else { continue }
      unopened[update.packet] = nil
      note(update.packet, try? seal.open(blob, from: update.contributor, with: key))
    }
  }

  /// Decodes what a blob held; nil if it could not be opened.
  private mutating func note(_ digest: Digest, _ bytes: [UInt8]?) {
    let packet = bytes.flatMap { try? Packet(wireBytes: $0, limit: UpdateLimits.messageBytesLimit) }
    packets?[digest] = .some(packet)
  }
}
