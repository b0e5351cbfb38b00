/// A reproducible stream of random numbers: xoshiro256** seeded by SplitMix64 (Blackman and Vigna, 2018).
///
/// The same seed gives the same stream everywhere. It is for simulation, training and tests; keys and
/// secrets need a cryptographic generator.
///
/// ```swift
/// var random = SeededRandom(seed: 7)
/// let first = random.uniform()        // 0 <= first < 1
/// ```
public struct SeededRandom: RandomNumberGenerator, Equatable, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// A stream for a seed. Any seed will do, 0 included.
  public init(seed: UInt64) {
    var mixer = SplitMix64(state: seed)
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// A stream of its own for each `stream` number, so that actors of one run do not share numbers.
  ///
  /// - Parameters:
  ///   - seed: the seed of the run.
  ///   - stream: which of the run's streams, such as a node's index.
  public init(seed: UInt64, stream: UInt64) {
    var outer = SplitMix64(state: seed)
    var inner = SplitMix64(state: outer.next() ^ stream)
    self.init(seed: inner.next())
  }

  /// A stream from a generator's whole state, for known-answer tests; not all zeros.
  init(state: (UInt64, UInt64, UInt64, UInt64)) {
    self.state = state
  }

  /// The next 64 bits of the stream.
  public mutating func next() -> UInt64 {
    let result = Self.rotatedLeft(state.1 &* 5, by: 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotatedLeft(state.3, by: 45)
    return result
  }

  /// Whether two generators will give the same numbers from here on.
  public static func == (left: SeededRandom, right: SeededRandom) -> Bool { left.state == right.state }

  private static func rotatedLeft(_ value: UInt64, by count: UInt64) -> UInt64 {
    (value << count) | (value >> (64 - count))
  }
}

/// Steele, Lea and Flood's mixer (2014), which spreads a seed over the state of a larger generator. Its words
/// can be had from any place on.
public struct SplitMix64: Sendable {
  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  var state: UInt64

  init(state: UInt64) {
    self.state = state
  }

  /// The words of a seed, without the first `skipped`.
  public init(seed: UInt64, skipping skipped: UInt64) {
    state = seed &+ skipped &* Self.increment
  }

  /// The next 64 bits.
  @inline(__always)
  public mutating func next() -> UInt64 {
    state &+= Self.increment
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
