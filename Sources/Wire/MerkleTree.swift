/// A binary Merkle tree over a list of leaves, shaped as in RFC 9162, section 2.1: a tree of n leaves has the
/// largest power of two below n on its left. Leaves and nodes are hashed in different domains, and the root
/// covers the number of leaves: without it, a proof could claim another place in a tree of another size.
public struct MerkleTree: Sendable {
  private static let leafDomain = HashDomain("trib.merkle.leaf")
  private static let nodeDomain = HashDomain("trib.merkle.node")
  private static let rootDomain = HashDomain("trib.merkle.root")

  // Level 0 holds the leaves; a level's odd node out is carried up as it is, which gives the same shape.
  private let levels: [[Digest]]

  /// Builds the tree over leaf digests, each from `leaf(_:)`.
  public init(leaves: [Digest]) {
    var levels = [leaves]
    var level = leaves
    while level.count > 1 {
      var next: [Digest] = []
      next.reserveCapacity((level.count + 1) / 2)
      for index in stride(from: 0, to: level.count, by: 2) {
        next.append(index + 1 < level.count ? Self.node(level[index], level[index + 1]) : level[index])
      }
      levels.append(next)
      level = next
    }
    self.levels = levels
  }

  /// Hashes a leaf's bytes.
  public static func leaf(_ bytes: [UInt8]) -> Digest { Digest(of: bytes, in: leafDomain) }

  /// The root: the digest of the number of leaves and the top node, which is zero for a tree without leaves.
  public var root: Digest { Self.root(count: UInt64(count), top: levels.last?.first ?? .zero) }

  /// The number of leaves.
  public var count: Int { levels[0].count }

  /// The proof that the leaf at an index belongs to the root; nil if there is no such leaf.
  public func proof(at index: Int) -> MerkleProof? {
    guard levels[0].indices.contains(index) else { return nil }
    var path: [Digest] = []
    var position = index
    for level in levels.dropLast() {
      let sibling = position ^ 1
      if sibling < level.count { path.append(level[sibling]) }
      position /= 2
    }
    return MerkleProof(index: UInt64(index), count: UInt64(count), path: path)
  }

  static func root(count: UInt64, top: Digest) -> Digest {
    var hasher = DigestHasher(in: rootDomain)
    hasher.update(count)
    hasher.update(top)
    return hasher.finish()
  }

  static func node(_ left: Digest, _ right: Digest) -> Digest {
    var hasher = DigestHasher(in: nodeDomain)
    hasher.update(left)
    hasher.update(right)
    return hasher.finish()
  }
}

/// That one leaf stands at one place of a Merkle tree.
public struct MerkleProof: Sendable, Hashable {
  /// The longest path: a tree has fewer than 2^64 leaves.
  public static let pathLimit = 64

  /// The leaf's index.
  public let index: UInt64
  /// The tree's number of leaves.
  public let count: UInt64
  /// The siblings from the leaf to the root.
  public let path: [Digest]

  /// Creates a proof.
  public init(index: UInt64, count: UInt64, path: [Digest]) {
    self.index = index
    self.count = count
    self.path = path
  }

  /// Whether the proof leads from the leaf to the root with no part left over.
  public func proves(_ leaf: Digest, in root: Digest) -> Bool {
    guard index < count else { return false }
    var digest = leaf
    var position = index
    var width = count
    var rest = path[...]
    while width > 1 {
      if position ^ 1 < width {
        guard let sibling = rest.popFirst() else { return false }
        digest = position & 1 == 0 ? MerkleTree.node(digest, sibling) : MerkleTree.node(sibling, digest)
      }
      position /= 2
      width = width / 2 + width % 2
    }
    return rest.isEmpty && MerkleTree.root(count: count, top: digest) == root
  }
}

extension MerkleProof: WireMessage {
  /// The name in the schema.
  public static let wireName = "MerkleProof"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.uint64(index, field: 1)
    writer.uint64(count, field: 2)
    writer.digests(path, field: 3)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    index = try reader.uint64(1)
    count = try reader.uint64(2)
    path = try reader.digests(3, maximumCount: Self.pathLimit)
  }
}
