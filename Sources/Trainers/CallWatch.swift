import Glibc

/// Ends a call that takes too long, needs too much memory, or that nobody waits for any more.
struct CallWatch {
  /// How often memory is looked at, at most: the first look and each later one come this much after the last.
  private static let lookInterval = Duration.milliseconds(100)
  /// A look goes through all processes of the machine; so much longer than a look is the pause behind it.
  private static let pausePerLook = 100

  private let call: String
  private let limitSeconds: Double
  private let memoryBytes: Int?
  private let interruption: () -> TrainerFault?
  private let deadline: ContinuousClock.Instant
  private var nextLook: ContinuousClock.Instant

  /// Starts watching a call.
  ///
  /// - Parameter interruption: says why nobody waits for it any more, if that is so.
  init(
    call: String, limitSeconds: Double, memoryBytes: Int?, interruption: @escaping () -> TrainerFault?
  ) {
    self.call = call
    self.limitSeconds = limitSeconds
    self.memoryBytes = memoryBytes
    self.interruption = interruption
    let now = ContinuousClock.now
    deadline = now + .seconds(limitSeconds)
    nextLook = now + Self.lookInterval
  }

  /// When to check again, in milliseconds from now.
  var millisecondsToNextLook: CInt {
    let next = memoryBytes == nil ? deadline : min(deadline, nextLook)
    return (next - .now).milliseconds
  }

  /// Throws why the call has to end, if it has to.
  mutating func check(_ group: pid_t) throws(TrainerFault) {
    if let fault = interruption() { throw fault }
    let now = ContinuousClock.now
    guard now < deadline else {
      throw .failed(
        "it had no answer to '\(call)' within the limit of \(limitSeconds) seconds; raise the limit, "
          + "or ask for less work")
    }
    guard let memoryBytes, now >= nextLook else { return }
    let bytes = GroupMemory.bytes(of: group, above: memoryBytes)
    nextLook = .now + max(Self.lookInterval, (.now - now) * Self.pausePerLook)
    guard let bytes else { return }
    throw .failed(
      "it had \(bytes >> 20) MiB of memory during '\(call)', more than the limit of "
        + "\(memoryBytes >> 20) MiB; raise the limit, or have it use smaller batches")
  }
}
