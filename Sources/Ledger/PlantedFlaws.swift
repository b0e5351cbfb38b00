import Wire

/// Bugs that a test plants in a replica, to show that the simulation of faults finds them. No network's
/// replica has any.
package struct PlantedFlaws: Sendable, Equatable {
  /// Whether votes weigh a unit more than was cast.
  package var countsOneVoteMore = false
  /// Whether payments are made twice.
  package var paysTwice = false
  /// An order of the machine's own for updates that weigh the same in a merge.
  package var tieOrder: UInt64?

  /// None.
  package init() {}
}

extension MergePlan.Entry {
  /// Where a machine that sorts by weight, and leaves ties to chance, puts an entry.
  func place(in tieOrder: UInt64) -> (UInt16, UInt64) { (weight, packet.leadingWord ^ tieOrder) }
}
