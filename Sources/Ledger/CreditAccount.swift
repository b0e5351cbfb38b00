/// What a contributor's updates have come to in a task, in units of 2^-32 of loss.
///
/// Pay follows the highest mark that the sum of the credits has reached: what an update adds above it is paid
/// for. So harm is made good for before anything else is paid, and updates whose credits swing about zero
/// earn what the highest mark of a random walk does, which grows with the square root of their number.
public struct CreditAccount: Sendable, Hashable {
  /// The sum of the credits; it stays at the ends of 64 bits, whatever validators agree on.
  public private(set) var total: Int64 = 0
  /// The most that the sum has been, and at least 0.
  public private(set) var highest: Int64 = 0

  /// An account with no credit yet.
  public init() {}

  /// Adds an update's credit, and returns how much of it counts for pay.
  mutating func add(_ credit: Int64) -> UInt64 {
    total = Int64(clamping: Int128(total) + Int128(credit))
    guard total > highest else { return 0 }
    defer { highest = total }
    return UInt64(total - highest)
  }
}
