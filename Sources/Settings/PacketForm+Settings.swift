import Updates

extension PacketForm {
  /// The most updates of a contributor for which random errors cost less than what error feedback holds back:
  /// `make bench-participation` measures it.
  static let fewUpdates = 25

  /// The form that a task's packets have unless its file says otherwise: an eighth of a bit a parameter.
  ///
  /// - Parameter updatesPerContributor: how many a contributor is expected to send in all
  static func suiting(updatesPerContributor: Int) -> PacketForm {
    updatesPerContributor <= fewUpdates ? .rotated(signsPerChunk: 512) : .sparse(keptPerChunk: 64)
  }
}
