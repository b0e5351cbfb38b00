/// The hash chain over a log: it makes a log's whole past checkable from its last 32 bytes.
///
/// `chain(0)` is the network's digest; `chain(n + 1)` hashes `chain(n)`, the position n, the record's id and
/// its bytes.
public struct HashChain: Sendable, Hashable {
  private static let domain = HashDomain("trib.log.chain")

  /// The number of records so far, which is the next record's position.
  public private(set) var length: UInt64
  /// The digest over all records so far.
  public private(set) var digest: Digest

  /// Starts the chain of a network.
  public init(network: Digest) {
    length = 0
    digest = network
  }

  /// Goes on from a known place.
  public init(length: UInt64, digest: Digest) {
    self.length = length
    self.digest = digest
  }

  /// Adds the next record.
  ///
  /// - Parameters:
  ///   - record: its bytes
  ///   - id: the name under which the log keeps it
  public mutating func append(_ record: [UInt8], id: Digest) {
    var hasher = DigestHasher(in: Self.domain)
    hasher.update(digest)
    hasher.update(length)
    hasher.update(id)
    hasher.update(record)
    digest = hasher.finish()
    length += 1
  }
}
