import Aggregation
import Attribution
import Numerics
import Updates
import Wire

extension WireSamples {
  static let updates = packets + steps + payloads

  private static let payloads: [WireSample] = [
    ("sparse", .sparse(keptPerChunk: 8), 4_097), ("dense4", .dense4, 5),
    ("rotated", .rotated(signsPerChunk: 64), 4_200),
  ].map { (variant: String, form: PacketForm, parameterCount: Int) in
    WireSample(payload(form, parameterCount: parameterCount), variant) {
      says(Array($0.form.description.utf8), $0)
    }
  }

  private static let packets: [WireSample] = [
    ("sparse", .sparse(keptPerChunk: 64), 5_000), ("single", .sparse(keptPerChunk: 1), 1),
    ("dense8", .dense8, 300), ("dense4", .dense4, 301),
    ("rotated", .rotated(signsPerChunk: 64), 4_200),
  ].map { (variant: String, form: PacketForm, parameterCount: Int) in
    let (task, contributor) = (digest(21), key(22).publicKey)
    let rotation = Rotation(task: task, contributor: contributor, baseVersion: 3)
    let packet = Packet(
      task: task, baseVersion: 3, contributor: contributor, sequence: 4,
      payload: payload(form, parameterCount: parameterCount, rotation: rotation))
    return WireSample(packet, variant) { says($0.header.wireBytes, $0.payload) }
  }

  private static let steps: [WireSample] = [
    ("sparse", .sparse(keptPerChunk: 256), 4_100), ("dense8", .dense8, 100),
  ].map { (variant: String, form: PacketForm, parameterCount: Int) in
    let step = Step(task: digest(21), version: 9, payload: payload(form, parameterCount: parameterCount))
    return WireSample(step, variant) {
      says($0.task.bytes + WireField.varint($0.version) + Array($0.payload.form.description.utf8), $0.payload)
    }
  }

  private static func says(_ header: [UInt8], _ payload: Payload) -> [Int64] {
    header.map { Int64($0) } + payload.denseValues().map { Int64($0) }
  }

  static let policies: [WireSample] = [
    WireSample(MergePolicy(), "default"),
    WireSample(
      MergePolicy(
        rule: .mean, windowSize: 8_192, maximumStaleness: 0, upForm: .dense4, downForm: .dense8,
        residualDecayQ16: 0),
      "plain"),
    WireSample(
      MergePolicy(rule: .clippedMixedGeometricMedian, toleratedBasisPoints: 4_999, committeeSeats: 64),
      "vector rule"),
    WireSample(CreditRow(credits: [1, -1, 0, .max, .min], lossBefore: 1 << 33, lossAfter: -5), "signed"),
    WireSample(CreditRow(credits: [], lossBefore: 0, lossAfter: 0), "least"),
  ]

  static func payload(
    _ form: PacketForm, parameterCount: Int, rotation: Rotation = Rotation(seed: 25)
  ) -> Payload {
    var random = SeededRandom(seed: UInt64(parameterCount))
    let values = (0..<parameterCount).map { _ in Int32.random(in: -1 << 20...1 << 20, using: &random) }
    return Payload(encoding: values, form: form, rotation: rotation)
  }
}
