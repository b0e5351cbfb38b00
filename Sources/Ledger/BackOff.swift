import Aggregation
import Wire

/// How a task's contributors have fared, and who is held back for it.
///
/// Whoever goes on sending what is rejected fills windows with nothing, so that fewer honest updates make a
/// version. Each rejection is a strike and each admission takes one away; from the second strike on a
/// contributor skips 1, 3, 7 and at last 15 windows: truncated exponential back-off.
///
/// There is no clock here that could end a wait, only windows, which others have to fill. So nobody is held
/// back unless those without strikes would fill half as many again, by all that has been judged.
struct BackOff: Sendable, Equatable {
  /// How one contributor has fared.
  private struct Conduct: Sendable, Equatable {
    var strikes = 0
    var lastWindow: UInt64 = 0

    /// The first window that takes an update again.
    var firstWindow: UInt64 { lastWindow + 1 + BackOff.skippedWindows(strikes: strikes) }
  }

  /// More strikes are not counted.
  static let strikesLimit = 5
  /// Up to this many strikes cost nothing: honest updates are rejected at times.
  static let freeStrikes = 1
  /// Contributors that have not been seen for so many windows are not expected to fill the next.
  static let activeWindows: UInt64 = 8

  private var conducts: [PublicKey: Conduct] = [:]
  private var isInForce = false

  /// Whether a window takes no update of a contributor.
  func holds(_ contributor: PublicKey, at window: UInt64) -> Bool {
    guard isInForce, let conduct = conducts[contributor] else { return false }
    return window < conduct.firstWindow
  }

  /// Notes what became of an update.
  mutating func note(_ verdict: Verdict, of contributor: PublicKey, in window: UInt64) {
    var conduct = conducts[contributor] ?? Conduct()
    conduct.lastWindow = window
    conduct.strikes = min(Self.strikesLimit, max(0, conduct.strikes + (verdict.isAdmit ? -1 : 1)))
    conducts[contributor] = conduct
  }

  /// Decides whether anybody is held back in a window that collects.
  mutating func open(_ window: UInt64, windowSize: Int) {
    let active = conducts.values.count {
      $0.strikes <= Self.freeStrikes && $0.lastWindow + Self.activeWindows >= window
    }
    isInForce = 2 * active >= 3 * windowSize
  }

  /// How many windows a contributor skips.
  static func skippedWindows(strikes: Int) -> UInt64 {
    strikes <= freeStrikes ? 0 : 1 << (min(strikes, strikesLimit) - freeStrikes) - 1
  }
}
