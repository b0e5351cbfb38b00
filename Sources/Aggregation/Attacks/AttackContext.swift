import Numerics

/// What attackers know when one of them makes its update: everything, as far as it has happened.
public struct AttackContext: Sendable {
  /// What honest training on its data would send.
  public var honestDelta: [Float]
  /// What honest training last came to at each attacker of the group, its own among them.
  public var colludersDeltas: [[Float]]
  /// The honest updates of the latest window's worth, as sent; none where packets are sealed.
  public var honestUpdates: [[Float]]
  /// Who sent them: any number that stays the same for a contributor. Empty where that is not known.
  public var honestSenders: [Int]
  /// The latest steps that the model has taken, as real numbers, the latest last.
  public var globalSteps: [[Float]]
  /// The updates that a window is expected to hold, attackers' included: n.
  public var windowUpdates: Int
  /// Of them, the group's: f.
  public var hostileUpdates: Int
  /// How many attackers the group has.
  public var colluders: Int
  /// Which of them this one is, from 0.
  public var ownIndex: Int
  /// The newest final version.
  public var version: UInt64
  /// The rule in force; nil where nobody knows it.
  public var rule: AttackedRule?

  /// Describes an attacker's view. What is left out is unknown, and the attacker is alone.
  public init(
    honestDelta: [Float], colludersDeltas: [[Float]] = [], honestUpdates: [[Float]] = [],
    honestSenders: [Int] = [], globalSteps: [[Float]] = [], windowUpdates: Int = 2, hostileUpdates: Int = 1,
    colluders: Int = 1, ownIndex: Int = 0, version: UInt64 = 0, rule: AttackedRule? = nil
  ) {
    self.honestDelta = honestDelta
    self.colludersDeltas = colludersDeltas
    self.honestUpdates = honestUpdates
    self.honestSenders = honestSenders
    self.globalSteps = globalSteps
    self.windowUpdates = windowUpdates
    self.hostileUpdates = hostileUpdates
    self.colluders = colluders
    self.ownIndex = ownIndex
    self.version = version
    self.rule = rule
  }

  /// What stands for the honest updates: those seen, or before any is seen what the attackers' own honest
  /// training came to, as in the papers whose attackers see nobody else's.
  var referenceUpdates: [[Float]] {
    if !honestUpdates.isEmpty { return honestUpdates }
    return colludersDeltas.isEmpty ? [honestDelta] : colludersDeltas
  }
}

/// The mean and the spread of honest updates.
struct HonestMoments {
  /// The mean of each value.
  let mean: [Float]
  /// The sample standard deviation of each value; zeros for a single update.
  let deviation: [Float]

  init(_ updates: [[Float]]) {
    mean = updates.mean
    var squares = [Float](repeating: 0, count: mean.count)
    for update in updates {
      for index in squares.indices {
        let difference = update[index] - mean[index]
        squares[index] += difference * difference
      }
    }
    let divisor = Float(Swift.max(updates.count - 1, 1))
    deviation = squares.map { ($0 / divisor).squareRoot() }
  }
}

extension [[Float]] {
  /// The mean of vectors of one length; empty for none.
  var mean: [Float] {
    guard var sum = first else { return [] }
    for vector in dropFirst() { Kernels.axpy(1, vector, &sum) }
    Kernels.scale(&sum, by: 1 / Float(count))
    return sum
  }
}
