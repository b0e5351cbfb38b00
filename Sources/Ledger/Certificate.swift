public import Wire

/// Attestations of validators with more than two thirds of the weight over one version: it is final.
public struct Certificate: Sendable, Hashable {
  /// The attestations' envelopes, by ascending signer.
  public let attestations: [Envelope]

  /// Creates a certificate; the order does not matter.
  public init(attestations: [Envelope]) {
    self.attestations = attestations.sorted { $0.signer < $1.signer }
  }

  /// The epoch that the certificate claims to be of, which nothing proves; nil if it holds no header.
  public var claimedEpoch: UInt64? {
    attestations.first.flatMap { try? Attestation(opening: $0).header.epoch }
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
