import Foundation

/// When a device takes part: in a window that comes back after each period.
///
/// A device's time runs in its windows alone. What it has under way when one closes, be it training or a
/// transfer, rests, and goes on when the next one opens: nothing is lost by it.
struct Availability: Equatable, Sendable {
  static let always = Availability(periodSeconds: 1, openSeconds: 1, phaseSeconds: 0)

  /// From one opening to the next, above 0.
  let periodSeconds: Double
  /// How long a window stays open, above 0; the period or more is always.
  let openSeconds: Double
  /// How long before time 0 a window opened, 0 ..< period.
  let phaseSeconds: Double

  private var isAlwaysOpen: Bool { openSeconds >= periodSeconds }

  /// How much of a period is over at a moment. An opening that rounding has put a little early is one.
  private func position(at seconds: Double) -> Double {
    let moment = seconds + phaseSeconds
    let position = moment.truncatingRemainder(dividingBy: periodSeconds)
    return periodSeconds - position > 1e-9 * periodSeconds + 4 * moment.ulp ? position : 0
  }

  func isOpen(at seconds: Double) -> Bool { isAlwaysOpen || position(at: seconds) < openSeconds }

  /// The first moment from `seconds` on at which the device takes part.
  func opening(from seconds: Double) -> Double {
    isOpen(at: seconds) ? seconds : seconds + periodSeconds - position(at: seconds)
  }

  /// When something is done that begins at `start`, and takes so many seconds of the device's time.
  func end(of work: Double, from start: Double) -> Double {
    guard !isAlwaysOpen else { return start + work }
    let begin = opening(from: start)
    let left = openSeconds - min(position(at: begin), openSeconds)
    guard work > left else { return begin + work }
    let nextOpening = begin + left + periodSeconds - openSeconds
    // The windows that it fills, so that it ends within the one after.
    let windows = ((work - left) / openSeconds).rounded(.up) - 1
    return nextOpening + windows * periodSeconds + (work - left - windows * openSeconds)
  }
}
