public import Ledger
import Updates
public import Wire

/// How a task's packets travel: plain, or sealed to the validators in force.
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

  /// Takes note of what a task asks for.
  public init(_ offer: TaskOffer, network: Digest) {
    self.network = network
    task = offer.id
    privacy = offer.specification.privacy
  }

  /// Who can open packets that are sealed to a set of validators; nobody for a plain task. Finding them costs
  /// about as much as checking a signature of each.
  public func recipients(_ validators: ValidatorSet) -> Recipients {
    Recipients(privacy.isSealed ? validators.members.map(\.key) : [])
  }

  /// Whether a key opens packets that are sealed to a set of validators.
  func opens(for key: PublicKey, among validators: ValidatorSet) -> Bool {
    !privacy.isSealed || validators.contains(key)
  }

  /// What a commitment says of the validators that its packet is sealed to.
  func epoch(of validators: ValidatorSet) -> UInt64 { privacy.isSealed ? validators.epoch : 0 }

  /// Makes a packet ready for its upload. The same packet gives the same bytes.
  public func seal(_ packet: [UInt8], by contributor: SigningKey, to recipients: Recipients) -> Sealed {
    guard privacy.isSealed else { return Sealed(blob: packet, keyDigest: .zero) }
    let context = context(of: contributor.publicKey)
    let key = ContentKey(of: packet, for: context, by: contributor)
    let blob = SealedBlob(sealing: packet, under: key, to: recipients, for: context)
    return Sealed(blob: blob.wireBytes, keyDigest: key.digest)
  }

  /// Opens a contributor's blob as a validator.
  ///
  /// - Throws: `WireError` if the blob is not sealed as it must be, or the key is no recipient's
  public func open(
    _ blob: [UInt8], from contributor: PublicKey, by validator: SigningKey, among recipients: Recipients
  ) throws(WireError) -> Opened {
    guard privacy.isSealed else { return Opened(packet: blob, key: nil) }
    let opened = try SealedBlob(wireBytes: blob, limit: Self.bytesLimit(recipients))
      .open(by: validator, among: recipients, for: context(of: contributor))
    return Opened(packet: opened.content, key: opened.key)
  }

  /// Opens an update's blob as a validator, who holds the key against the commitment.
  ///
  /// - Throws: as `open(_:from:by:among:)`, and `WireError` with code `badSeal` if the commitment names
  ///   another key
  public func open(
    _ blob: [UInt8], of update: WindowUpdate, by validator: SigningKey, among recipients: Recipients
  ) throws(WireError) -> Opened {
    let opened = try open(blob, from: update.contributor, by: validator, among: recipients)
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
    _ blob: [UInt8], from contributor: PublicKey, with key: ContentKey, sealedTo recipients: Recipients
  ) throws(WireError) -> [UInt8] {
    try SealedBlob(wireBytes: blob, limit: Self.bytesLimit(recipients))
      .open(with: key, sealedTo: recipients, for: context(of: contributor))
  }

  /// The greatest length of a blob in bytes.
  private static func bytesLimit(_ recipients: Recipients) -> Int {
    UpdateLimits.messageBytesLimit + SealedBlob.overheadBytes(recipients: recipients.count)
  }

  private func context(of contributor: PublicKey) -> SealingContext {
    SealingContext(network: network, task: task, contributor: contributor)
  }
}
