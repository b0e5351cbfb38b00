import Aggregation
import Ledger
import Numerics
public import Updates

// What a task costs those who take part in it, and its author.
extension PreparedTask {
  /// The bytes of the first weights.
  public var firstWeightsBytes: Int { 4 * firstWeights.count }

  /// For how many versions the escrow pays in full.
  public var paidVersions: UInt64 { settings.reward.escrowUnits / settings.reward.unitsPerVersion }

  /// The bits of one update's payload, as the task's packets hold it, to within a few hundredths.
  public var updateBits: Double { specification.merge.upForm.payloadBits(ofParameters: firstWeights.count) }

  /// The form that learns faster from as many updates as are expected, if contributors can be trusted not to
  /// plant backdoors; nil if the task's own does as well.
  public var advisedForm: PacketForm? {
    guard case .sparse = specification.merge.upForm else { return nil }
    return .advised(
      parameterCount: firstWeights.count, updatesPerContributor: settings.updatesPerContributor,
      windowSize: settings.merge.windowSize)
  }
}

extension PacketForm {
  // Chunks that are encoded as a sample: the lengths of their codes differ by less than a hundredth.
  private static let sampledParameters = 64 * UpdateLimits.chunkParameterCount

  /// The bits of a payload of so many values, measured on noise: normally distributed values, as many as a
  /// sample has, of which the largest are kept wherever they are.
  public func payloadBits(ofParameters count: Int) -> Double {
    let sampled = min(count, Self.sampledParameters)
    var random = SeededRandom(seed: 1)
    let values = (0..<sampled).map { _ in Int32(random.gaussian() * 65_536) }
    let payload = Payload(encoding: values, form: self)
    return 8 * Double(payload.bytes.count) * Double(count) / Double(sampled)
  }
}
