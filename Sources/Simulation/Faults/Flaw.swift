import Ledger

/// A bug that a test plants, to show that the simulation finds it.
package enum Flaw: String, Sendable, CaseIterable {
  /// Votes of exactly two thirds pass for more.
  case looseQuorum = "quorum off by one"
  /// Each machine has its own order of updates that weigh the same.
  case unstableTies = "float tie"
  /// The log takes a record once more that is sent again.
  case missingDeduplication = "missing deduplication"
  /// Disks say that a sync is done before it is.
  case lostSync = "lost fsync"
  /// What a version pays is paid twice.
  case doubleReward = "double reward"

  /// What is wrong with the replica of a node.
  ///
  /// - Parameter machine: tells nodes apart
  func inReplica(of machine: Int) -> PlantedFlaws {
    var flaws = PlantedFlaws()
    switch self {
    case .looseQuorum: flaws.countsOneVoteMore = true
    case .unstableTies: flaws.tieOrder = UInt64(machine) &* 0x9E37_79B9_7F4A_7C15
    case .doubleReward: flaws.paysTwice = true
    case .missingDeduplication, .lostSync: break
    }
    return flaws
  }
}
