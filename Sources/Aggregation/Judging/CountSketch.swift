import Numerics
import Updates

/// A random projection to a few buckets that keeps dot products: every index adds its value, with a random
/// sign, to one random bucket (Charikar, Chen and Farach-Colton, Finding frequent items in data streams,
/// 2002; as a projection: Weinberger et al., Feature hashing for large scale multitask learning, 2009,
/// lemma 2).
///
/// With b buckets the dot product of two sketches has the mean <x, y>, and the variance
/// (sum over i != j of x_i^2 y_j^2 + x_i y_i x_j y_j) / b <= 2 |x|^2 |y|^2 / b. As sketches are linear, the
/// squared distance of two sketches has the mean |x - y|^2 and a variance of at most 2 |x - y|^4 / b: with
/// 4,096 buckets a standard deviation of at most 2.2% of it.
///
/// The seed is drawn after the window closed, so nobody can build two updates that meet or part in the sketch
/// only.
struct CountSketch {
  /// What the buckets and signs are drawn from.
  let seed: UInt64
  /// The length of a sketch, at most 2^15.
  let bucketCount: Int

  /// The buckets of consecutive indices: a bucket each, and in the highest bit the sign.
  func buckets(of indices: Range<Int>) -> [UInt16] {
    let count = UInt64(bucketCount)
    return indices.map { index in
      let hash = mixed(UInt64(index))
      return UInt16(hash % count) | UInt16(hash >> 63) << 15
    }
  }

  /// The sketches of dense vectors of one length, a row each.
  func sketches(of vectors: [[Float]]) -> SketchMatrix {
    var rows = [Float](repeating: 0, count: vectors.count * bucketCount)
    let length = vectors.first?.count ?? 0
    for start in stride(from: 0, to: length, by: UpdateLimits.chunkParameterCount) {
      let block = start..<min(start + UpdateLimits.chunkParameterCount, length)
      let buckets = buckets(of: block)
      for (row, vector) in vectors.enumerated() {
        Kernels.scatterSigned(
          vector.span.extracting(block), buckets: buckets, into: &rows, at: row * bucketCount)
      }
    }
    return SketchMatrix(count: vectors.count, bucketCount: bucketCount, values: rows)
  }

  // SplitMix64's output function (Steele, Lea and Flood, 2014) over the index's own place in the stream of
  // the seed.
  private func mixed(_ index: UInt64) -> UInt64 {
    var hash = seed &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
    hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
    return hash ^ hash >> 31
  }
}
