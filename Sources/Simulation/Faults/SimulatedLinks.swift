import Numerics

/// The network between the nodes: messages are lost, come late, twice and in another order, and some ways are
/// cut for a time.
struct SimulatedLinks: Sendable {
  /// How messages fare.
  struct Quality: Sendable, Equatable {
    /// Of 1,000 messages, how many are lost.
    var lostPerMille = 0
    /// Of 1,000 messages, how many come twice.
    var doubledPerMille = 0
    /// The greatest delay in seconds. Delays differ, so that messages overtake each other.
    var delaySeconds = 0.05

    static let calm = Quality()
  }

  private static let leastDelaySeconds = 0.005

  var quality: Quality
  /// Each set of nodes is cut off from all others.
  var islands: [Set<NodeID>] = []
  private var random: SeededRandom

  init(_ quality: Quality, random: SeededRandom) {
    self.quality = quality
    self.random = random
  }

  /// After how many seconds each copy of a message arrives; none if it is lost.
  mutating func delays(from sender: NodeID, to receiver: NodeID) -> [Double] {
    let lot = random.integer(below: 1_000)
    if islands.contains(where: { $0.contains(sender) != $0.contains(receiver) }) { return [] }
    guard lot >= quality.lostPerMille else { return [] }
    let copies = random.integer(below: 1_000) < quality.doubledPerMille ? 2 : 1
    return (0..<copies).map { _ in Self.leastDelaySeconds + random.uniform() * quality.delaySeconds }
  }
}
