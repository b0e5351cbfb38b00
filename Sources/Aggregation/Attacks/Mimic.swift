import Numerics

/// Mimic (Karimireddy, He and Jaggi, ICLR 2022): every attacker repeats one honest contributor, so that a
/// rule which trusts what many send gives that one's data too much weight. Nothing that is sent is false.
///
/// The victim is whoever stands out most, for as long as possible. With mu the mean of the honest updates x_i
/// of a version, z follows the direction of their greatest variance by Oja's rule,
/// z <- t / (1 + t) z + 1 / (1 + t) sum_i <x_i - mu, z> (x_i - mu), of length one, and the victim is the
/// visible contributor with the greatest sum of <z, x_i> over the versions so far.
public struct Mimic: CollusionStrategy {
  /// The name for reports.
  public let name = "mimic"
  /// The contributor repeated last, as `AttackContext.honestSenders` names it; nil before the first one.
  public private(set) var victim: Int?
  private var direction: [Float] = []
  private var versionsSeen: Float = 0
  private var scores: [Int: Double] = [:]

  /// Creates the strategy.
  public init() {}

  /// The victim's update as it was sent.
  public mutating func vector(_ context: AttackContext) -> [Float] {
    let updates = context.referenceUpdates
    let senders =
      context.honestSenders.count == updates.count ? context.honestSenders : Array(updates.indices)
    let mean = updates.mean
    let offsets = updates.map { Kernels.difference($0, mean) }
    if direction.count != mean.count {
      direction = offsets.max { Kernels.squaredNorm($0) < Kernels.squaredNorm($1) } ?? mean
    }
    turn(towards: offsets)
    for (sender, update) in zip(senders, updates) {
      scores[sender, default: 0] += Kernels.dot(direction, update)
    }
    let totals = senders.map { scores[$0] ?? 0 }
    // Of equals, the first by number.
    let place = updates.indices.max { (totals[$0], senders[$1]) < (totals[$1], senders[$0]) } ?? 0
    victim = senders[place]
    return updates[place]
  }

  private mutating func turn(towards offsets: [[Float]]) {
    var turned = direction
    Kernels.scale(&turned, by: versionsSeen / (1 + versionsSeen))
    for offset in offsets {
      Kernels.axpy(Float(Kernels.dot(offset, direction)) / (1 + versionsSeen), offset, &turned)
    }
    versionsSeen += 1
    let norm = Kernels.norm(turned)
    guard norm > 0 else { return }
    Kernels.scale(&turned, by: Float(1 / norm))
    direction = turned
  }
}
