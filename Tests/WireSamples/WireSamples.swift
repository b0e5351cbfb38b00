public import Wire

/// The samples of every message in the repository. A module's samples are an extension in a file of its own.
public enum WireSamples {
  /// Every sample, in the order of the modules.
  public static let all: [WireSample] =
    fieldKinds + envelopes + merkleProofs + sealedBlobs + updates + policies + accounts + tasks + transactions
    + versions + agents + engines

  /// A sample of each message, for its decoder.
  public static let decoders: [WireSample] = {
    var seen: Set<String> = []
    return all.filter { seen.insert($0.message).inserted }
  }()

  /// A digest that a number picks.
  public static func digest(_ number: UInt64) -> Digest {
    var hasher = DigestHasher(in: HashDomain("trib.samples"))
    hasher.update(number)
    return hasher.finish()
  }

  /// A key pair that a number picks.
  public static func key(_ number: UInt64) -> SigningKey {
    guard let key = try? SigningKey(seed: digest(number).bytes) else {
      preconditionFailure("a digest has a seed's length")
    }
    return key
  }

  static let fieldKinds = [
    WireSample(EveryKind.full, "full"),
    WireSample(EveryKind.extreme, "extreme"),
    WireSample(EveryKind.least, "least"),
  ]

  static let envelopes = [
    WireSample(Envelope(kind: 7, body: Array("a body".utf8), signedBy: key(1)), "text"),
    WireSample(Envelope(kind: .max, body: EveryKind.full.wireBytes, signedBy: key(2)), "nested"),
    WireSample(Envelope(kind: 0, body: [], signedBy: key(3)), "least"),
  ]

  static let merkleProofs: [WireSample] = [(0, 1), (5, 7), (69, 70)].compactMap { index, count in
    let leaves = (0..<UInt64(count)).map(digest)
    return MerkleTree(leaves: leaves).proof(at: index).map { WireSample($0, "leaf\(index)of\(count)") }
  }
}
