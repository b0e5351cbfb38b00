import Wire

/// The validators in force, those that follow them, and the stakes of sets to come.
///
/// Stakes change at any time, the set in force only when a version becomes final whose header names the next
/// one. The first plan that is decided after a change names that set, and every plan decided until then the
/// same one: so no two certificates of one epoch name different successors, and whoever trusts a set can
/// follow to the next.
struct ValidatorRegistry: Sendable, Equatable {
  /// What a set must have.
  private struct Rules: Sendable, Equatable {
    let minimumStakeUnits: UInt64
    let minimumValidators: Int
  }

  /// The set in force.
  private(set) var current: ValidatorSet
  /// The set that a decided plan has named: it takes over once that version is final.
  private(set) var next: ValidatorSet?
  /// The stakes of validators and candidates in sets to come.
  private(set) var stakes: [PublicKey: UInt64]
  /// Who may have more bonded than its stakes ask for.
  private(set) var leaving: Set<PublicKey> = []
  private let rules: Rules

  init(_ genesis: Genesis) {
    current = genesis.validators
    stakes = Dictionary(uniqueKeysWithValues: genesis.validators.members.map { ($0.key, $0.stakeUnits) })
    rules = Rules(
      minimumStakeUnits: genesis.minimumStakeUnits, minimumValidators: Int(genesis.minimumValidators))
  }

  /// The stake that a key has in sets to come; zero for strangers.
  func stakeUnits(of key: PublicKey) -> UInt64 { stakes[key] ?? 0 }

  /// Sets a key's stake in sets to come.
  ///
  /// - Throws: `Refusal.belowMinimumStake` if it is neither nothing nor enough
  mutating func setStake(_ units: UInt64, of key: PublicKey) throws(Refusal) {
    guard units == 0 || units >= rules.minimumStakeUnits else { throw .belowMinimumStake }
    if units < stakeUnits(of: key) { leaving.insert(key) }
    stakes[key] = units > 0 ? units : nil
  }

  /// Takes lost units out of a key's stake. What is left may be too little for a place in the next set.
  mutating func lower(_ key: PublicKey, by units: UInt64) {
    guard let stake = stakes[key] else { return }
    stakes[key] = stake > units ? stake - units : nil
  }

  /// Notes that a key has no more bonded than it answers with.
  mutating func settle(_ key: PublicKey) { leaving.remove(key) }

  /// Has the validators that decide a plan name the set that follows them, if they are in force and any stake
  /// has changed. Later changes wait for the set after it.
  mutating func nameNext(by deciding: ValidatorSet) {
    guard deciding.epoch == current.epoch, next == nil else { return }
    let candidates = stakes.filter { $0.value >= rules.minimumStakeUnits }
      .map { ValidatorSet.Member(key: $0.key, stakeUnits: $0.value) }
      .sorted { ($1.stakeUnits, $0.key) < ($0.stakeUnits, $1.key) }
    let members = candidates.prefix(Limits.validators).sorted { $0.key < $1.key }
    guard members.count >= rules.minimumValidators, members != current.members else { return }
    next = ValidatorSet(
      members, epoch: current.epoch + 1, weightCapBasisPoints: current.weightCapBasisPoints)
  }

  /// Whom the validators that decide a plan name in its header: the next set if they are in force, and
  /// themselves if others have taken over.
  func successor(of deciding: ValidatorSet) -> ValidatorSet {
    deciding.epoch == current.epoch ? next ?? current : deciding
  }

  /// Puts the next set into force.
  ///
  /// - Returns: it; nil if the header of a final version does not name it, or is of a set that is not in
  ///   force
  mutating func enter(after header: VersionHeader) -> ValidatorSet? {
    guard let next, header.epoch == current.epoch, next.digest == header.nextValidators else { return nil }
    current = next
    self.next = nil
    return next
  }
}
