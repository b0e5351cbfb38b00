import Numerics
import Updates

/// A random projection that keeps dot products (Charikar, Chen and Farach-Colton, 2002): every index adds its
/// value, with a random sign, to one random bucket.
///
/// The seed is drawn after the window closed, so nobody can build two updates that meet or part in the sketch
/// only.
struct CountSketch {
  let seed: UInt64

  /// The sketch of a vector, in the vector's unit.
  func sketch(of vector: SparseVector) -> [Float] {
    var buckets = [Float](repeating: 0, count: JudgingThresholds.sketchBuckets)
    for (index, value) in zip(vector.indices, vector.values) {
      let hash = mixed(UInt64(index))
      let bucket = Int(hash % UInt64(JudgingThresholds.sketchBuckets))
      buckets[bucket] += hash >> 63 == 0 ? Float(value) : -Float(value)
    }
    return buckets
  }

  /// The sketch of a vector, scaled to norm one; all zeros for a zero vector.
  func unitSketch(of vector: SparseVector) -> [Float] {
    var buckets = sketch(of: vector)
    let norm = Kernels.norm(buckets)
    if norm > 0 { Kernels.scale(&buckets, by: Float(1 / norm)) }
    return buckets
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

extension SparseVector {
  /// The Euclidean norm in quanta.
  var norm: Double {
    values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  /// 1 - cosine to another vector: 0 for equal directions, 2 for opposite ones, 1 if either is zero.
  func gap(to other: SparseVector) -> Double {
    let scale = norm * other.norm
    guard scale > 0 else { return 1 }
    var dot = 0.0
    var (left, right) = (0, 0)
    while left < indices.count, right < other.indices.count {
      let (a, b) = (indices[left], other.indices[right])
      if a == b { dot += Double(values[left]) * Double(other.values[right]) }
      if a <= b { left += 1 }
      if b <= a { right += 1 }
    }
    return max(0, 1 - dot / scale)
  }
}
