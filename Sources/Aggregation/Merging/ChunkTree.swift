import Numerics
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
    MerkleTree.leaf(Kernels.littleEndianBytes(of: weights))
  }

  /// The leaf of one chunk of quanta, to check a proof with.
  public static func leaf(_ quanta: ArraySlice<Int32>) -> Digest {
    MerkleTree.leaf(Kernels.littleEndianBytes(of: quanta))
  }

  private static func tree(count: Int, leaf: (Range<Int>) -> Digest) -> MerkleTree {
    let size = UpdateLimits.chunkParameterCount
    let starts = stride(from: 0, to: count, by: size)
    return MerkleTree(leaves: starts.map { leaf($0..<min($0 + size, count)) })
  }
}
