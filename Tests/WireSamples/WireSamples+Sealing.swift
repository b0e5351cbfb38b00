public import Wire

extension WireSamples {
  /// What the samples seal, and where it belongs: the example of `docs/WIRE.md`.
  public static let sealedContent = Array("a packet".utf8)
  /// Who seals it.
  public static let sealer = key(63)
  /// Who can open it, in no order.
  public static let sealedTo = [61, 62].map { key($0) }
  /// Where the blob belongs.
  public static let sealingContext = SealingContext(
    network: digest(31), task: digest(32), contributor: sealer.publicKey)

  static let sealedBlobs: [WireSample] = {
    let key = ContentKey(of: sealedContent, for: sealingContext, by: sealer)
    return [sealedTo, []].map { keys in
      let blob = SealedBlob(
        sealing: sealedContent, under: key, to: Recipients(keys.map(\.publicKey)), for: sealingContext)
      return WireSample(blob, keys.isEmpty ? "nobody" : "two")
    }
  }()
}
