import Aggregation
import Ledger
import Wire

/// An attestation that this validator's key has signed.
struct OwnAttestation: Sendable {
  let header: VersionHeader
  let envelope: Envelope

  init(header: VersionHeader, envelope: Envelope) {
    (self.header, self.envelope) = (header, envelope)
  }

  /// Opens an order of an attestation; nil if it is another transaction, or not this key's.
  init?(_ envelope: Envelope, by key: PublicKey) {
    guard envelope.signer == key, case .attestation(let message)? = try? Transaction(envelope),
      let attestation = try? Attestation(opening: message.attestation), message.attestation.signer == key
    else { return nil }
    self.init(header: attestation.header, envelope: envelope)
  }
}

/// What a certified header says of a model's state.
struct StateRoots: Sendable, Hashable {
  let parametersRoot: Digest
  let residualRoot: Digest

  init(of header: VersionHeader) {
    (parametersRoot, residualRoot) = (header.parametersRoot, header.residualRoot)
  }

  init(of state: ModelState) {
    (parametersRoot, residualRoot) = (state.parametersRoot, state.residualRoot)
  }
}
