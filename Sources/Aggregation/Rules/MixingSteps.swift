public import Numerics

/// Replaces each vector by the mean of the n - f vectors that lie nearest to it, itself among them: NNM
/// (Allouah, Farhadkhani, Guerraoui, Gupta, Pinot and Stephan, AISTATS 2023).
///
/// Attackers shrink what distinguishes honest vectors of skewed data; mixing shrinks it first, so that rules
/// behind it reach the best order of error, O(f/n), for any f < n/2 that they tolerate themselves.
public struct NearestNeighbourMixing: PreAggregator {
  /// How many attackers are tolerated: f.
  public let tolerated: Int

  /// Creates the step for f >= 0 attackers.
  public init(tolerating attackers: Int) {
    precondition(attackers >= 0, "a step cannot tolerate \(attackers) attackers")
    tolerated = attackers
  }

  /// `nnm`.
  public var name: String { "nnm" }

  /// At least f + 1.
  public func minimumCount(yielding count: Int) -> Int { max(tolerated + 1, count) }

  /// 1/(n - f) for the nearest of each row.
  public func mixing(_ gram: GramMatrix) -> Mixing {
    Mixing(
      rows: (0..<gram.count).map { index in
        .mean(of: Array(gram.nearest(to: index).prefix(gram.count - tolerated)), among: gram.count)
      })
  }
}

/// Replaces the vectors, in a random order, by the means of s at a time; the last mean may be of fewer
/// (Karimireddy, He and Jaggi, ICLR 2022).
///
/// Means of s differ less from one another than vectors of skewed data. An attacker spoils a whole bucket, so
/// a rule with breakdown point b behind it breaks at about b/s.
public struct Bucketing: PreAggregator {
  /// Two vectors a bucket, as in most of the paper's experiments.
  public static let defaultSize = 2

  /// Where the order of the vectors comes from.
  private enum Order: Sendable {
    case seed(UInt64)
    case given([Int])
  }

  /// The vectors in a bucket: s.
  public let size: Int
  private let order: Order

  /// Creates the step.
  ///
  /// - Parameters:
  ///   - size: s, at least 1
  ///   - seed: draws the order; attackers must not know it while they choose their vectors
  public init(size: Int = Self.defaultSize, seed: UInt64) {
    precondition(size >= 1, "a bucket of \(size) vectors holds nothing")
    self.size = size
    order = .seed(seed)
  }

  /// Takes the vectors in a given order: a permutation of their indices.
  init(size: Int, order: [Int]) {
    self.size = size
    self.order = .given(order)
  }

  /// `bucketing`, or `bucketing:s` for another size than the default.
  public var name: String { size == Self.defaultSize ? "bucketing" : "bucketing:\(size)" }

  /// All buckets but one must be full.
  public func minimumCount(yielding count: Int) -> Int { size * (count - 1) + 1 }

  /// 1/s for the members of each bucket.
  public func mixing(_ gram: GramMatrix) -> Mixing {
    let order: [Int]
    switch self.order {
    case .given(let indices): order = indices
    case .seed(let seed):
      var random = SeededRandom(seed: seed)
      order = random.permutation(count: gram.count)
    }
    return Mixing(
      rows: stride(from: 0, to: gram.count, by: size).map { start in
        .mean(of: Array(order[start..<min(start + size, gram.count)]), among: gram.count)
      })
  }
}

/// Scales vectors that are longer than a fixed limit c down to it: x_i min(1, c / |x_i|).
///
/// It bounds what one attacker adds to a mean by c/n. By itself it tolerates no attackers, and a limit that
/// does not follow the vectors' norms either does nothing or slows training down.
public struct NormClipping: PreAggregator {
  /// byzfl's default, in the unit of the vectors.
  public static let defaultLimit = 2.0

  /// The limit: c.
  public let limit: Double

  /// Creates the step with a limit of at least 0.
  public init(limit: Double = Self.defaultLimit) {
    precondition(limit >= 0, "no vector is as short as \(limit)")
    self.limit = limit
  }

  /// `clipping`, or `clipping:c` for another limit than the default.
  public var name: String { limit == Self.defaultLimit ? "clipping" : "clipping:\(limit)" }

  /// As many as are wanted.
  public func minimumCount(yielding count: Int) -> Int { count }

  /// The factors that bring the vectors within the limit.
  public func mixing(_ gram: GramMatrix) -> Mixing { .clipping(gram, to: limit) }
}

/// Scales the k = floor(2 f/n (n - f)) longest vectors down to the next longest: ARC, adaptive robust
/// clipping (Allouah, Guerraoui, Gupta, Jellouli, Rizk and Stephan, 2024, arXiv:2405.14432).
///
/// Keeps the guarantees of a robust rule behind it for f < n/2, and bounds its result by honest norms
/// whatever the attackers send. k is computed in integers; byzfl 0.0.11 rounds in floating point, which can
/// give one less.
public struct AdaptiveClipping: PreAggregator {
  /// How many attackers are tolerated: f.
  public let tolerated: Int

  /// Creates the step for f >= 0 attackers.
  public init(tolerating attackers: Int) {
    precondition(attackers >= 0, "a step cannot tolerate \(attackers) attackers")
    tolerated = attackers
  }

  /// `arc`.
  public var name: String { "arc" }

  /// At least 2f + 1.
  public func minimumCount(yielding count: Int) -> Int { max(2 * tolerated + 1, count) }

  /// The factors that bring the longest vectors to the norm of the next longest.
  public func mixing(_ gram: GramMatrix) -> Mixing {
    let clipped = 2 * tolerated * (gram.count - tolerated) / gram.count
    let ascending = gram.squaredNorms.sorted()
    return .clipping(gram, to: ascending[gram.count - clipped - 1].squareRoot())
  }
}

extension Mixing {
  /// Scales vectors down to a norm.
  fileprivate static func clipping(_ gram: GramMatrix, to limit: Double) -> Mixing {
    Mixing(
      scaling: gram.squaredNorms.map { square in
        square > limit * limit ? limit / square.squareRoot() : 1
      })
  }
}
