public import Wire

/// Attestations of validators with more than two thirds of the stake over one version: it is final.
public struct Certificate: Sendable, Hashable {
  /// The attestations' envelopes, by ascending signer.
  public let attestations: [Envelope]

  /// Creates a certificate; the order does not matter.
  public init(attestations: [Envelope]) {
    self.attestations = attestations.sorted { $0.signer < $1.signer }
  }
}

extension Certificate: WireMessage {
  /// The name in the schema.
  public static let wireName = "Certificate"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.messages(attestations, field: 1)
  }

  /// Reads the fields; the signers ascend.
  public init(from reader: inout WireReader) throws(WireError) {
    attestations = try reader.messages(1, maximumCount: Limits.validators)
    guard zip(attestations, attestations.dropFirst()).allSatisfy({ $0.signer < $1.signer }) else {
      throw reader.fault(.invalidValue, field: 1, "the signers do not ascend")
    }
  }
}

/// Checks versions and balances from the genesis alone, without a log and without trusting a server.
public struct LightClient: Sendable {
  /// The network's digest.
  public let network: Digest
  private let validators: ValidatorSet

  /// Trusts the validators of a genesis.
  public init(_ genesis: Genesis) {
    network = genesis.network
    validators = genesis.validators
  }

  /// Checks that a certificate makes a version final.
  ///
  /// - Returns: the header that the certificate's validators signed
  /// - Throws: `LedgerError.certificate` with the reason
  public func check(_ certificate: Certificate) throws(LedgerError) -> VersionHeader {
    var signers: Set<PublicKey> = []
    var header: VersionHeader?
    for envelope in certificate.attestations {
      guard validators.stakeUnits(of: envelope.signer) != nil else {
        throw .certificate("\(envelope.signer.short) is no validator of this network")
      }
      guard signers.insert(envelope.signer).inserted else {
        throw .certificate("\(envelope.signer.short) stands twice")
      }
      let attested: VersionHeader
      do { attested = try Attestation(opening: envelope).header } catch { throw .wire(error) }
      guard attested.network == network else { throw .certificate("it is for another network") }
      guard header == nil || header == attested else {
        throw .certificate("the attestations are for different versions")
      }
      header = attested
    }
    guard let header, validators.isSupermajority(signers) else {
      let stake = signers.reduce(UInt64(0)) { $0 + (validators.stakeUnits(of: $1) ?? 0) }
      throw .certificate(
        "\(stake) of \(validators.totalStakeUnits) units of stake signed; more than 2/3 are needed")
    }
    return header
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
