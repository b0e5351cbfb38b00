/// Pauses between attempts, which grow from the first to the longest. Chance takes up to half of each, so
/// that those who failed together do not come back together.
public struct Pauses: Sendable {
  /// The first pause, in seconds.
  public var firstSeconds: Double
  /// The longest pause, in seconds.
  public var longestSeconds: Double
  /// A number of 0..<1, another one each time.
  public var random: @Sendable () -> Double = { .random(in: 0..<1) }
  /// Lets a number of seconds pass; ends early, by throwing, when the surrounding task is cancelled.
  public var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }

  private static let doublingsLimit = 32

  /// Sets pauses up, on the machine's clock.
  public init(firstSeconds: Double, longestSeconds: Double) {
    self.firstSeconds = firstSeconds
    self.longestSeconds = longestSeconds
  }

  /// The pause after so many failures in a row, in seconds.
  public func seconds(after failures: Int) -> Double {
    let doublings = min(max(failures, 1) - 1, Self.doublingsLimit)
    return min(firstSeconds * Double(UInt64(1) << UInt64(doublings)), longestSeconds) * (1 - random() / 2)
  }

  /// Lets the pause after so many failures pass.
  ///
  /// - Parameter leastSeconds: what is waited in any case
  /// - Throws: if the surrounding task is cancelled
  func wait(after failures: Int, leastSeconds: Double = 0) async throws {
    try await sleep(max(leastSeconds, seconds(after: failures)))
    try Task.checkCancellation()
  }
}
