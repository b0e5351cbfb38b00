public import Wire

/// That one set of validators gave way to the next: a version's certificate by the old set, whose header
/// names the new one, with that set.
public struct Handover: Sendable, Equatable {
  /// Of a version whose header names the set.
  public let certificate: Certificate
  /// The set that follows.
  public let validators: ValidatorSet

  /// Puts a handover together.
  public init(certificate: Certificate, validators: ValidatorSet) {
    self.certificate = certificate
    self.validators = validators
  }
}

extension Handover: WireMessage {
  /// The name in the schema.
  public static let wireName = "Handover"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.message(certificate, field: 1)
    writer.message(validators, field: 2)
  }

  /// Reads the fields. Whether it hands anything over is for `LightClient.follow` to say.
  public init(from reader: inout WireReader) throws(WireError) {
    certificate = try reader.message(1, maximumByteCount: Limits.certificateBytes)
    validators = try reader.message(2, maximumByteCount: Limits.validatorSetBytes)
  }
}

/// Handovers that follow one another, as a gateway hands them out.
public struct HandoverChain: Sendable, Equatable {
  /// The oldest first.
  public let handovers: [Handover]

  /// Puts a chain together.
  public init(_ handovers: [Handover]) { self.handovers = handovers }

  /// As many handovers as one answer holds: the first ones, and at least one if there is any.
  public init(page handovers: some Sequence<Handover>) {
    var page: [Handover] = []
    var bytes = 0
    for handover in handovers {
      bytes += handover.wireBytes.count
      guard page.isEmpty || (bytes <= Limits.handoverBytes && page.count < Limits.handovers) else { break }
      page.append(handover)
    }
    self.handovers = page
  }
}

extension HandoverChain: WireMessage {
  /// The name in the schema.
  public static let wireName = "HandoverChain"

  /// Writes the field.
  public func encode(to writer: inout WireWriter) { writer.messages(handovers, field: 1) }

  /// Reads the field. Whether the handovers follow one another is for `LightClient.follow` to say.
  public init(from reader: inout WireReader) throws(WireError) {
    handovers = try reader.messages(1, maximumCount: Limits.handovers)
  }
}
