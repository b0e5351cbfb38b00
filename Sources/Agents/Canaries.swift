import Numerics
import Updates
import Wire

/// The canaries that a contributor sends in place of some updates: ones that every judge has to reject.
///
/// A validator that does not look at updates can still be nearly always right, because most contributors send
/// what they have always sent. Canaries come from contributors whose other updates are as good as
/// anybody's, so that the log does not tell one from the other; whoever repeats what is known of their
/// contributor, or admits everything, is caught by them (`Insight` in the ledger). Anybody with data of its
/// own may send some: the task's author, who pays validators for judging, or an honest validator, whose
/// part grows as others' shrink. The bond is an ordinary one and comes back, the other updates are paid,
/// and a canary costs what its update would have earned.
///
/// A canary harms nobody. It is the contributor's own last update, or nothing at all, so that no other
/// update can be taken for a copy of it; it is rejected by a check that looks at this update alone, and
/// does not weigh in what its contributor is trusted. If all validators let it pass, an honest update is
/// merged twice, or nothing.
public struct Canaries: Sendable, Hashable {
  /// What is wrong with a canary.
  enum Kind: Sendable, CaseIterable {
    /// It has the values of the contributor's last update.
    case duplicate
    /// All its values are zero.
    case empty
  }

  /// A contributor's rejections hold it back if they are as frequent as its admissions.
  public static let shareLimit = 0.5
  /// No canaries.
  public static let none = Canaries(share: 0)

  private static let domain = HashDomain("trib.canary")

  /// The part of the updates that are canaries, 0...0.5.
  public let share: Double

  /// Has a part of the updates replaced, 0...0.5; what lies outside is brought in.
  public init(share: Double) {
    self.share = min(max(share, 0), Self.shareLimit)
  }

  /// Which canary is sent from a version, if one is. Nobody without the key can tell before it is judged.
  func kind(from version: UInt64, of task: Digest, by key: SigningKey) -> Kind? {
    guard share > 0 else { return nil }
    var hasher = DigestHasher(in: Self.domain)
    hasher.update(key.seed)
    hasher.update(task)
    hasher.update(version)
    var random = SeededRandom(seed: hasher.finish().leadingWord)
    guard random.uniform() < share else { return nil }
    return Kind.allCases[random.integer(below: Kind.allCases.count)]
  }

  /// A canary's values; nil for a duplicate where there is nothing to repeat, so that the honest update is
  /// sent. Under another rotation no update has the same values again.
  ///
  /// - Parameters:
  ///   - last: the contributor's last honest payload
  ///   - count: how many values an update has
  static func payload(
    _ kind: Kind, last: Payload?, count: Int, form: PacketForm, rotation: Rotation
  ) -> Payload? {
    switch kind {
    case .duplicate: form.takesFeedback ? last : nil
    case .empty: Payload(encoding: [Int32](repeating: 0, count: count), form: form, rotation: rotation)
    }
  }
}
