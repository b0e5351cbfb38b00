import Updates

extension PacketForm {
  /// The most updates of a contributor for which random errors have been seen to cost less than what error
  /// feedback holds back: `make bench-participation` and `make bench-quality` measure it.
  static let fewUpdates = 400
  /// The fewest updates of a window that random errors have been seen to average out over.
  static let leastWindow: UInt32 = 4

  /// The form that a task's packets have unless its file says otherwise: an eighth of a bit a parameter.
  ///
  /// - Parameters:
  ///   - updatesPerContributor: how many a contributor is expected to send in all
  ///   - windowSize: how many updates become a version
  static func suiting(updatesPerContributor: Int, windowSize: UInt32) -> PacketForm {
    updatesPerContributor <= fewUpdates && windowSize >= leastWindow
      ? .rotated(signsPerChunk: 512) : .sparse(keptPerChunk: 64)
  }
}
