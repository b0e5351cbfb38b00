public import Wire

// Stakes, sets of validators, and what becomes of bonds.
extension Replica {
  /// The validators in force.
  public var validators: ValidatorSet { registry.current }

  /// The stake that a key has in sets to come, in units; zero for strangers.
  public func bondedStakeUnits(of key: PublicKey) -> UInt64 { registry.stakeUnits(of: key) }

  mutating func apply(_ message: ValidatorBond, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    try checkNonce(message.nonce, of: signer)
    guard message.units > 0 else { throw .zeroUnits }
    guard !contributors.contains(signer) else { throw .alreadyRegistered }
    guard !slashed.contains(signer) else { throw .struckOff }
    try checkBalance(message.units, of: signer)
    try registry.setStake(registry.stakeUnits(of: signer) + message.units, of: signer)
    accounts[signer].balanceUnits -= message.units
    accounts[signer].bondUnits += message.units
    accounts[signer].nonce += 1
    return []
  }

  mutating func apply(_ message: ValidatorUnbond, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    try checkNonce(message.nonce, of: signer)
    guard message.units > 0 else { throw .zeroUnits }
    let stake = registry.stakeUnits(of: signer)
    guard stake > 0 else { throw .notValidator }
    guard message.units <= stake else { throw .insufficientUnits }
    try registry.setStake(stake - message.units, of: signer)
    accounts[signer].nonce += 1
    return releaseBonds()
  }

  mutating func apply(_ message: Evidence, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    // Signatures are the dearest to check, so they come last.
    let suspect = message.first.signer
    guard isAnswerable(suspect), !slashed.contains(suspect), let offender = message.offender,
      let treasury = Self.treasury
    else { throw .noOffence }
    let units = accounts[offender].bondUnits
    let share = genesis.reporterShareBasisPoints
    let parts = LargestRemainder.split(units, by: [share, RewardPolicy.wholeBasisPoints - share])
    accounts[offender].bondUnits = 0
    accounts[signer].balanceUnits += parts[0]
    accounts[treasury].balanceUnits += parts[1]
    registry.lower(offender, by: registry.stakeUnits(of: offender))
    slashed.insert(offender)
    return [.slashed(offender, units: units, .signedTwice)]
  }

  /// Whether a key is a validator's, or was one's and has not had all of its bond back.
  public func isAnswerable(_ key: PublicKey) -> Bool {
    registry.stakeUnits(of: key) > 0 || liveSets.contains { $0.contains(key) }
      || registry.leaving.contains(key)
  }

  /// Moves a part of a bond to the treasury, rounded up so that it is never nothing.
  mutating func fine(_ validator: PublicKey, for offence: Offence) -> ReplicaEvent? {
    guard !slashed.contains(validator), let treasury = Self.treasury else { return nil }
    let (whole, bond) = (UInt128(RewardPolicy.wholeBasisPoints), UInt128(accounts[validator].bondUnits))
    let units = UInt64((bond * UInt128(genesis.withheldRowBasisPoints) + whole - 1) / whole)
    accounts[validator].bondUnits -= units
    accounts[treasury].balanceUnits += units
    registry.lower(validator, by: units)
    guard units > 0 else { return nil }
    return .slashed(validator, units: units, offence)
  }

  /// The sets whose votes something still waits for: the one in force, the next, and those whose windows are
  /// not final.
  private var liveSets: [ValidatorSet] {
    [registry.current] + [registry.next].compactMap(\.self) + tasks.values.compactMap(\.closed?.validators)
  }

  /// Gives bonds back that no set needs any more. What a key answers with is the greatest of its stakes in
  /// the sets that live and in those to come, and all that it has while it owes a row that it committed to.
  mutating func releaseBonds() -> [ReplicaEvent] {
    guard !registry.leaving.isEmpty else { return [] }
    let sets = liveSets
    var events: [ReplicaEvent] = []
    for key in registry.leaving.sorted() {
      let stake = registry.stakeUnits(of: key)
      let bond = accounts[key].bondUnits
      let owesRow = tasks.values.contains { $0.owesRow(key) }
      let needed = owesRow ? bond : sets.reduce(stake) { max($0, $1.stakeUnits(of: key) ?? 0) }
      if bond > needed {
        accounts[key].bondUnits = needed
        accounts[key].balanceUnits += bond - needed
        events.append(.unbonded(key, units: bond - needed))
      }
      if min(bond, needed) <= stake { registry.settle(key) }
    }
    return events
  }
}
