import Engines
import Ledger
import Wire

/// A log through which a validator tells others something else than it has found.
struct LyingLog: LogEngine {
  /// What a validator lies about.
  enum Lie: String, CaseIterable {
    /// Attests other weights than it has computed.
    case header
    /// Attests what it has computed, and then other weights as well.
    case equivocation
  }

  let log: any LogEngine
  let key: SigningKey
  let lie: Lie

  var limits: EngineLimits { log.limits }

  func append(_ records: [LogAppend]) async throws(EngineError) -> [LogPosition] {
    for record in records {
      guard let lying = otherwise(record) else {
        _ = try await log.append([record])
        continue
      }
      switch lie {
      case .header: _ = try await log.append([lying])
      case .equivocation: _ = try await log.append([record, lying])
      }
    }
    return records.map { _ in .start }
  }

  func read(from position: LogPosition, limit: Int) async throws(EngineError) -> [LogRecord] {
    try await log.read(from: position, limit: limit)
  }

  func head() async throws(EngineError) -> LogHead { try await log.head() }

  func waitForHead(beyond length: UInt64) async throws(EngineError) -> LogHead {
    try await log.waitForHead(beyond: length)
  }

  func close() async throws(EngineError) { try await log.close() }

  /// An attestation of other weights, in place of an attestation.
  private func otherwise(_ record: LogAppend) -> LogAppend? {
    guard let envelope = try? Envelope.open(record.bytes),
      case .attestation(let message)? = try? Transaction(envelope),
      let truth = try? Attestation(opening: message.attestation)
    else { return nil }
    let attestation = Attestation(header: Self.otherWeights(truth.header), credits: truth.credits)
    let order = Transaction.attestation(
      CreditedAttestation(
        network: message.network, attestation: attestation.signed(by: key), credits: message.credits)
    ).signed(by: key)
    return LogAppend(id: order.id, bytes: order.wireBytes)
  }

  private static func otherWeights(_ header: VersionHeader) -> VersionHeader {
    header.with(step: header.step, parametersRoot: header.plan, residualRoot: header.residualRoot)
  }
}
