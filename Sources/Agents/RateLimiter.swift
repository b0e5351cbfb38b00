/// Token buckets: each key may take a burst of tokens, and then so many a second.
public struct RateLimiter<Key: Hashable & Comparable & Sendable>: Sendable {
  private struct Bucket: Sendable {
    var tokens: Double
    var seconds: Double
  }

  let burst: Double
  let perSecond: Double
  let keys: Int
  private var buckets: [Key: Bucket] = [:]

  /// How many keys are remembered now.
  var trackedKeys: Int { buckets.count }

  /// Creates full buckets.
  ///
  /// - Parameters:
  ///   - burst: tokens that a bucket holds
  ///   - perSecond: tokens that it gains
  ///   - keys: how many keys are remembered; the longest-silent half is forgotten beyond
  public init(burst: Double, perSecond: Double, keys: Int) {
    self.burst = burst
    self.perSecond = perSecond
    self.keys = keys
  }

  /// Takes tokens of a key; false, and none taken, if there are too few.
  ///
  /// - Parameter seconds: the time since any fixed moment
  public mutating func take(_ key: Key, cost: Double = 1, at seconds: Double) -> Bool {
    var bucket = buckets[key] ?? Bucket(tokens: burst, seconds: seconds)
    bucket.tokens = min(burst, bucket.tokens + max(0, seconds - bucket.seconds) * perSecond)
    bucket.seconds = max(bucket.seconds, seconds)
    let allowed = bucket.tokens >= cost
    if allowed { bucket.tokens -= cost }
    buckets[key] = bucket
    if buckets.count > keys { forgetLongestSilent() }
    return allowed
  }

  // A forgotten key has a full bucket again, which its silence has mostly earned.
  private mutating func forgetLongestSilent() {
    let kept = buckets.sorted { ($1.value.seconds, $0.key) < ($0.value.seconds, $1.key) }.prefix(keys / 2)
    buckets = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
  }
}
