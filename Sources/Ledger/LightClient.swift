public import Wire

/// Checks versions and balances from the genesis alone, without a log and without trusting a server.
///
/// It trusts the genesis' validators, and any set to which they have handed over, one after another. What an
/// earlier set certified stays good: a window that it decided was finished by it. Whoever was in a set that
/// is long gone answers with no bond any more, so that a follower of one task should take no certificate of
/// an epoch before the one that it has seen (`FollowedModel` does not).
public struct LightClient: Sendable {
  /// The network's digest.
  public let network: Digest
  /// The sets that are trusted, by epoch.
  private var sets: [ValidatorSet]

  /// Trusts the validators of a genesis.
  public init(_ genesis: Genesis) {
    network = genesis.network
    sets = [genesis.validators]
  }

  /// The epoch of the newest set that is trusted.
  public var epoch: UInt64 { UInt64(sets.count - 1) }

  /// The newest set that is trusted.
  public var validators: ValidatorSet { sets[sets.count - 1] }

  /// Whether a key is in any set that is trusted.
  public func hasValidator(_ key: PublicKey) -> Bool { sets.contains { $0.contains(key) } }

  /// Trusts the set that follows the newest, if that one certified it. A handover that was taken already does
  /// nothing.
  ///
  /// - Throws: `LedgerError.missingHandovers` if others come before it, or another `LedgerError` that says
  ///   what is wrong with it
  public mutating func follow(_ handover: Handover) throws(LedgerError) {
    let successor = handover.validators
    guard successor.epoch > 0 else { throw .handover("its set has epoch 0, which only the genesis names") }
    guard successor.epoch > epoch else {
      guard sets[Int(successor.epoch)] == successor else {
        throw .handover("its set is not the one of epoch \(successor.epoch) that was certified before")
      }
      return
    }
    guard successor.epoch == epoch + 1 else { throw .missingHandovers(from: epoch, to: successor.epoch - 2) }
    let header = try check(handover.certificate)
    guard header.epoch == epoch, header.nextValidators == successor.digest else {
      throw .handover("the certificate does not name this set of epoch \(successor.epoch)")
    }
    guard successor.weightCapBasisPoints == sets[0].weightCapBasisPoints else {
      throw .handover("its set caps weights otherwise than the genesis")
    }
    sets.append(successor)
  }

  /// Follows handovers, the oldest first.
  ///
  /// - Throws: `LedgerError`; those before the one at fault stay trusted.
  public mutating func follow(_ handovers: [Handover]) throws(LedgerError) {
    for handover in handovers { try follow(handover) }
  }

  /// Checks that a certificate makes a version final.
  ///
  /// - Returns: the header that the certificate's validators signed
  /// - Throws: `LedgerError.certificate` with the reason, or `LedgerError.missingHandovers` if a later set
  ///   signed it
  public func check(_ certificate: Certificate) throws(LedgerError) -> VersionHeader {
    guard let first = certificate.attestations.first else { throw .certificate("nobody signed it") }
    let header = try opened(first).header
    guard header.network == network else { throw .certificate("it is for another network") }
    guard header.epoch <= epoch else { throw .missingHandovers(from: epoch, to: header.epoch - 1) }
    let voters = sets[Int(header.epoch)].electorate
    var signers: Set<PublicKey> = []
    for (place, envelope) in certificate.attestations.enumerated() {
      guard voters.contains(envelope.signer) else {
        throw .certificate("\(envelope.signer.short) is no validator of epoch \(header.epoch)")
      }
      guard signers.insert(envelope.signer).inserted else {
        throw .certificate("\(envelope.signer.short) stands twice")
      }
      // The first one was opened above.
      if place > 0, try opened(envelope).header != header {
        throw .certificate("the attestations are for different versions")
      }
    }
    let weight = voters.weight(of: signers)
    guard voters.isSupermajority(weight) else {
      throw .certificate("\(weight) of \(voters.totalWeight) of the weight signed; more than 2/3 are needed")
    }
    return header
  }

  private func opened(_ envelope: Envelope) throws(LedgerError) -> Attestation {
    do { return try Attestation(opening: envelope) } catch { throw .wire(error) }
  }

  /// Checks one account's units at a certified version.
  ///
  /// - Throws: `LedgerError`
  public func check(_ account: Account, proof: MerkleProof, at certificate: Certificate) throws(LedgerError) {
    let header = try check(certificate)
    guard proof.proves(account.leaf, in: header.accountsRoot) else {
      throw .proof("the account \(account.key.short) is not in the accounts of version \(header.version)")
    }
  }
}
