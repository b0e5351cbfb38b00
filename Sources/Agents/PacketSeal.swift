public import Ledger
import Updates
public import Wire

/// How a task's packets travel: plain, or sealed to the network's validators.
public struct PacketSeal: Sendable {
  /// What travels of a packet.
  public struct Sealed: Sendable {
    /// The bytes that are uploaded.
    public let blob: [UInt8]
    /// What the commitment says of the content key; zero if there is none.
    public let keyDigest: Digest
  }

  /// What a blob held.
  public struct Opened: Sendable {
    /// The packet's bytes, whatever they are.
    public let packet: [UInt8]
    /// The key that opens the blob for everybody; nil if it was plain.
    public let key: ContentKey?
  }

  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// Who can read the packets.
  public let privacy: PacketPrivacy
  /// Nobody for a plain task.
  let recipients: Recipients

  /// Finds out to whom a task's packets are sealed: the validators of the genesis.
  public init(_ offer: TaskOffer, genesis: Genesis) {
    network = genesis.network
    task = offer.id
    privacy = offer.specification.privacy
    recipients = Recipients(privacy.isSealed ? genesis.validators.members.map(\.key) : [])
  }

  /// The greatest length of a blob in bytes.
  var blobBytesLimit: Int {
    UpdateLimits.messageBytesLimit + SealedBlob.overheadBytes(recipients: recipients.count)
  }

  /// Makes a packet ready for its upload. The same packet gives the same bytes.
  public func seal(_ packet: [UInt8], by contributor: SigningKey) -> Sealed {
    guard privacy.isSealed else { return Sealed(blob: packet, keyDigest: .zero) }
    let context = context(of: contributor.publicKey)
    let key = ContentKey(of: packet, for: context, by: contributor)
    let blob = SealedBlob(sealing: packet, under: key, to: recipients, for: context)
    return Sealed(blob: blob.wireBytes, keyDigest: key.digest)
  }

  /// Whether this key opens what contributors upload.
  public func opens(for key: PublicKey) -> Bool { !privacy.isSealed || recipients.place(of: key) != nil }

  /// Opens a contributor's blob as a validator.
  ///
  /// - Throws: `WireError` if the blob is not sealed as it must be, or the key is no recipient's
  public func open(
    _ blob: [UInt8], from contributor: PublicKey, by validator: SigningKey
  ) throws(WireError) -> Opened {
    guard privacy.isSealed else { return Opened(packet: blob, key: nil) }
    let opened = try SealedBlob(wireBytes: blob, limit: blobBytesLimit)
      .open(by: validator, among: recipients, for: context(of: contributor))
    return Opened(packet: opened.content, key: opened.key)
  }

  /// Opens an update's blob as a validator, who holds the key against the commitment.
  ///
  /// - Throws: as `open(_:from:by:)`, and `WireError` with code `badSeal` if the commitment names another key
  public func open(
    _ blob: [UInt8], of update: WindowUpdate, by validator: SigningKey
  ) throws(WireError) -> Opened {
    let opened = try open(blob, from: update.contributor, by: validator)
    guard opened.key?.digest ?? .zero == update.keyDigest else {
      let detail = "the commitment names another key than the one that opens the blob"
      throw WireError(.badSeal, subject: SealedBlob.wireName, detail: detail)
    }
    return opened
  }

  /// Opens a contributor's blob with its published key.
  ///
  /// - Returns: the packet's bytes
  /// - Throws: `WireError` if it is not the blob's key, or the blob is not sealed as it must be
  public func open(
    _ blob: [UInt8], from contributor: PublicKey, with key: ContentKey
  ) throws(WireError) -> [UInt8] {
    try SealedBlob(wireBytes: blob, limit: blobBytesLimit)
      .open(with: key, sealedTo: recipients, for: context(of: contributor))
  }

  /// Which validator is the first to publish a window's keys, so that not all do.
  func isOnTurn(_ key: PublicKey, window: UInt64) -> Bool {
    guard let place = recipients.place(of: key) else { return false }
    return UInt64(place) == window % UInt64(recipients.count)
  }

  private func context(of contributor: PublicKey) -> SealingContext {
    SealingContext(network: network, task: task, contributor: contributor)
  }
}
