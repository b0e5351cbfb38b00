import Updates
public import Wire

/// Merkle trees over flat vectors, so that one chunk of a model can be proved alone.
///
/// A leaf is a chunk of `UpdateLimits.chunkParameterCount` values (the last may be shorter), each written as
/// four little-endian bytes: the bit pattern of a `Float`, or a two's complement integer.
public enum ChunkTree {
  /// The tree over a vector of weights.
  public static func over(_ weights: [Float]) -> MerkleTree {
    tree(count: weights.count) { leaf(weights[$0]) }
  }

  /// The tree over a vector of quanta.
  public static func over(_ quanta: [Int32]) -> MerkleTree {
    tree(count: quanta.count) { leaf(quanta[$0]) }
  }

  /// The leaf of one chunk of weights, to check a proof with.
  public static func leaf(_ weights: ArraySlice<Float>) -> Digest {
    MerkleTree.leaf(bytes(weights.count, weights.lazy.map(\.bitPattern)))
  }

  /// The leaf of one chunk of quanta, to check a proof with.
  public static func leaf(_ quanta: ArraySlice<Int32>) -> Digest {
    MerkleTree.leaf(bytes(quanta.count, quanta.lazy.map { UInt32(bitPattern: $0) }))
  }

  private static func tree(count: Int, leaf: (Range<Int>) -> Digest) -> MerkleTree {
    let size = UpdateLimits.chunkParameterCount
    let starts = stride(from: 0, to: count, by: size)
    return MerkleTree(leaves: starts.map { leaf($0..<min($0 + size, count)) })
  }

  private static func bytes(_ count: Int, _ words: some Sequence<UInt32>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * count)
    for word in words {
      bytes.append(UInt8(truncatingIfNeeded: word))
      bytes.append(UInt8(truncatingIfNeeded: word >> 8))
      bytes.append(UInt8(truncatingIfNeeded: word >> 16))
      bytes.append(UInt8(truncatingIfNeeded: word >> 24))
    }
    return bytes
  }
}
