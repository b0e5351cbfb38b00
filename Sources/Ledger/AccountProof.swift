public import Wire

/// That an account held what it held when a version was decided: all that a light client needs besides the
/// genesis.
public struct AccountProof: Sendable, Hashable {
  /// The account.
  public let account: Account
  /// Its place among all accounts.
  public let proof: MerkleProof
  /// The version whose header covers the accounts' root.
  public let certificate: Certificate

  /// Puts a proof together.
  public init(account: Account, proof: MerkleProof, certificate: Certificate) {
    self.account = account
    self.proof = proof
    self.certificate = certificate
  }
}

extension AccountProof: WireMessage {
  /// The name in the schema.
  public static let wireName = "AccountProof"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.message(account, field: 1)
    writer.message(proof, field: 2)
    writer.message(certificate, field: 3)
  }

  /// Reads the fields. Whether it proves anything is for `LightClient.check` to say.
  public init(from reader: inout WireReader) throws(WireError) {
    account = try reader.message(1)
    proof = try reader.message(2)
    certificate = try reader.message(3, maximumByteCount: Limits.certificateBytes)
  }
}

extension LightClient {
  /// Checks what an account held at a certified version.
  ///
  /// - Throws: `LedgerError`
  public func check(_ proof: AccountProof) throws(LedgerError) {
    try check(proof.account, proof: proof.proof, at: proof.certificate)
  }
}
