import Aggregation
public import Wire

/// What a replica knows of one task.
public struct TaskState: Sendable, Equatable {
  /// A final version whose validators are paid when the next one is final, so that slow attestations count as
  /// well.
  struct UnpaidValidators: Sendable, Equatable {
    let header: VersionHeader
    /// The window that led to it.
    var window: UInt64 { header.version - 1 }
    let creditCount: Int
    let units: UInt64
    /// Those whose window it was.
    let validators: ValidatorSet
    /// What the validation matrix came to.
    let cells: [Assessment.Cell]
    /// How much of each of `cells` nobody could expect before.
    let news: [UInt64]
    /// How well each committed row that was revealed agrees with `cells`.
    var ratings: [PublicKey: RowRating]
    /// The commitments to rows that have not been revealed.
    var withheldRows: [PublicKey: Digest]
    /// Who has withheld rows of committees before the one that decided.
    let defaulters: Set<PublicKey>
    var certificate: Certificate
  }

  /// The task's name: the identifier of the envelope that opened it.
  public let id: Digest
  /// Who opened it.
  public let author: PublicKey
  /// What is trained, and how.
  public let specification: TaskSpecification
  /// Units that are left to pay with.
  public internal(set) var escrowUnits: UInt64
  /// The newest final version.
  public internal(set) var version: UInt64 = 0
  /// Its root; zero for version 0, which no root covers.
  public internal(set) var root = Digest.zero
  /// What each contributor's updates have come to.
  public internal(set) var credits: [PublicKey: CreditAccount] = [:]
  /// The sum of the agreed loss drops, in units of 2^-32.
  public internal(set) var lossDrop: Int64 = 0

  var collecting = CollectingWindow(index: 0)
  var closed: ClosedWindow?
  var openCommitments = OpenCommitments()
  var backOff = BackOff()
  var expectations = Expectations()
  /// By validator.
  var insights: [PublicKey: Insight] = [:]
  var sequences: [PublicKey: UInt64] = [:]
  var unpaid: UnpaidValidators?
  var snapshotNotices: [PublicKey: SnapshotNotice] = [:]
  /// By window.
  var owedKeys: [UInt64: OwedKeys] = [:]

  /// A contributor's credit divided by the total loss drop; for people, never for a replica. Zero before any
  /// drop.
  public func contributionRatio(of contributor: PublicKey) -> Double {
    lossDrop > 0 ? Double(credits[contributor]?.total ?? 0) / Double(lossDrop) : 0
  }

  /// The certificate of the newest final version, with the attestations so far; nil for version 0.
  public var certificate: Certificate? { unpaid?.certificate }

  /// Whose window it is: those who were in force when it closed. Nil for a window that has not closed, and
  /// for one before that of the newest final version.
  public func validators(of window: UInt64) -> ValidatorSet? {
    if let closed, closed.index == window { return closed.validators }
    return unpaid.flatMap { $0.window == window ? $0.validators : nil }
  }

  /// The window that collects: the version that it starts from.
  public var collectingWindow: UInt64 { collecting.index }

  /// The number of updates that the collecting window holds.
  public var collectedUpdates: Int { collecting.intake.updates.count }

  /// The sequence number of a contributor's last commitment; zero before the first. The next is greater.
  public func sequence(of contributor: PublicKey) -> UInt64 { sequences[contributor] ?? 0 }

  /// How many commitments of a contributor are open.
  public func openCommitmentCount(of contributor: PublicKey) -> Int { openCommitments.count(of: contributor) }

  /// How many updates of one contributor a window takes.
  var updatesPerContributorPerWindow: Int { Int(specification.merge.updatesPerContributorPerWindow) }

  /// Whether the collecting window has room for one more update of a contributor, if it has room at all.
  func takesNow(from contributor: PublicKey) -> Bool {
    collecting.intake.count(of: contributor) < updatesPerContributorPerWindow
      && !backOff.holds(contributor, at: collecting.index)
  }

  /// Whether a validator has a row to reveal, or to answer for, before it is paid.
  func owesRow(_ validator: PublicKey) -> Bool {
    unpaid?.withheldRows[validator] != nil || unpaid?.defaulters.contains(validator) == true
      || closed?.defaulters.contains(validator) == true
  }

  /// Whether a contributor has an open commitment or an update in a window.
  func involves(_ contributor: PublicKey) -> Bool {
    openCommitments.count(of: contributor) > 0 || collecting.intake.count(of: contributor) > 0
      || (closed?.intake.count(of: contributor) ?? 0) > 0
  }

  /// Whether a packet has been committed to, and is not forgotten yet.
  func knows(_ packet: Digest) -> Bool {
    openCommitments[packet] != nil || collecting.intake.holds(packet) || closed?.intake.holds(packet) == true
  }
}
