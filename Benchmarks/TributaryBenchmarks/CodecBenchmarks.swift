import Foundation
import Numerics
import Updates
import Wire

/// The packet codec: the size of real updates against what uniform positions would need, then size and speed
/// at 1 M parameters whose kept values lie anywhere, 64 of 4,096.
enum CodecBenchmarks {
  /// What `make_packets.py` wrote there.
  private static let packetFolder = "Benchmarks/packets"
  private static let parameterCount = 1_000_000
  private static let form = PacketForm.sparse(keptPerChunk: 64)
  /// Entropy of uniform positions at 1/64 density and 2 bits a value, in bits a parameter.
  private static let limitBitsPerParameter = 0.1474
  /// 12-bit positions and 2-bit values.
  private static let rawBitsPerParameter = 0.21875
  private static let budgetBitsPerParameter = 0.155
  /// How many updates a merge takes.
  private static let updateCount = 64

  static func run() throws -> Report {
    var report = Report(name: "codec")
    try realUpdates(in: &report)
    let payloads = (0..<updateCount).map { Payload(encoding: vector(seed: $0), form: form) }
    let first = vector(seed: 0)
    try size(of: payloads[0], in: &report)
    encoding(first, in: &report)
    validation(payloads[0], in: &report)
    merging(payloads, in: &report)
    wholeVectors(first, in: &report)
    return report
  }

  /// Reads updates of real models, and encodes them again.
  private static func realUpdates(in report: inout Report) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: packetFolder).sorted()
    for name in names where name.hasSuffix(".payload") {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(packetFolder)/\(name)")))
      let payload = try Payload(wireBytes: bytes, limit: UpdateLimits.messageBytesLimit)
      guard Payload(encoding: payload.denseValues(), form: payload.form) == payload else {
        throw BenchmarkError("\(name) is not what its values are encoded as; make the packets again")
      }
      let parameters = Double(payload.parameterCount)
      report.add(
        String(name.dropLast(".payload".count)), Double(8 * payload.bytes.count) / parameters,
        unit: "bit/parameter",
        peer: ("uniform", uniformBits(kept: payload.codedValueCount, of: payload.parameterCount) / parameters)
      )
    }
  }

  /// The entropy of as many positions, each as likely as any other, and two bits for each value.
  private static func uniformBits(kept: Int, of parameterCount: Int) -> Double {
    let density = Double(kept) / Double(parameterCount)
    let bits = density * log2(density) + (1 - density) * log2(1 - density)
    return 2 * Double(kept) - Double(parameterCount) * bits
  }

  private static func vector(seed: Int) -> [Int32] {
    var random = SeededRandom(seed: UInt64(seed))
    return (0..<parameterCount).map { _ in Int32(random.gaussian() * 100_000) }
  }

  private static func size(of payload: Payload, in report: inout Report) throws {
    let key = try SigningKey.random()
    let packet = Packet(
      task: .zero, baseVersion: 1_000, contributor: key.publicKey, sequence: 1_000, payload: payload)
    let signed = Envelope(kind: 1, body: packet.wireBytes, signedBy: key).wireBytes
    let bits = { (byteCount: Int) in Double(byteCount * 8) / Double(parameterCount) }
    report.add(
      "payload size", bits(payload.bytes.count), unit: "bit/parameter",
      peer: ("limit", limitBitsPerParameter),
      bound: ("entropy", limitBitsPerParameter))
    report.add(
      "signed packet size", bits(signed.count), unit: "bit/parameter", peer: ("raw", rawBitsPerParameter),
      bound: ("budget", budgetBitsPerParameter))
    report.add(
      "times smaller than Float32", 32 / bits(signed.count), unit: "x",
      bound: ("entropy", 32 / limitBitsPerParameter))
  }

  private static func encoding(_ vector: [Int32], in report: inout Report) {
    let seconds = Stopwatch.medianSeconds {
      Stopwatch.keep(Payload(encoding: vector, form: form).bytes.count)
    }
    report.add("encode", Double(parameterCount) / seconds, unit: "parameters/s")
    var feedback = ErrorFeedback(parameterCount: vector.count)
    let compressing = Stopwatch.medianSeconds {
      Stopwatch.keep(feedback.compress(vector, form: form).bytes.count)
    }
    report.add("encode with error feedback", Double(parameterCount) / compressing, unit: "parameters/s")
  }

  private static func validation(_ payload: Payload, in report: inout Report) {
    let bytes = payload.bytes
    let seconds = Stopwatch.medianSeconds {
      for _ in 0..<updateCount {
        let checked = try? Payload(validating: bytes, form: form, parameterCount: parameterCount)
        Stopwatch.keep(checked?.codedValueCount ?? 0)
      }
    }
    let values = Double(payload.codedValueCount * updateCount)
    report.add("validate", values / seconds, unit: "non-zeros/s")
  }

  /// Decoding and adding against adding from indices and values that were decoded before.
  private static func merging(_ payloads: [Payload], in report: inout Report) {
    let decoded = payloads.map { $0.sparseValues() }
    let updates = payloads.map { WeightedPayload($0, weight: 3) }
    var sums = [Int64](repeating: 0, count: parameterCount)
    let seconds = Stopwatch.medianSeconds {
      Payload.accumulate(updates, into: &sums)
    } against: {
      for vector in decoded { scatter(vector, weight: 3, into: &sums) }
    }
    Stopwatch.keep(Int(truncatingIfNeeded: sums[1]))
    let values = Double(decoded.reduce(0) { $0 + $1.indices.count })
    report.add(
      "decode and accumulate", values / seconds.first, unit: "non-zeros/s",
      peer: ("scatter", values / seconds.second))
    report.add(
      "merge updates of 1 M parameters", Double(payloads.count) / seconds.first, unit: "updates/s")
  }

  private static func scatter(_ vector: SparseVector, weight: Int64, into sums: inout [Int64]) {
    for position in vector.indices.indices {
      sums[Int(vector.indices[position])] &+= Int64(vector.values[position]) &* weight
    }
  }

  /// The forms that have something of every value.
  private static func wholeVectors(_ vector: [Int32], in report: inout Report) {
    let forms: [PacketForm] = [
      .dense8, .dense4, .rotated(signsPerChunk: 512), .rotated(signsPerChunk: 4_096),
    ]
    for form in forms {
      let payload = Payload(encoding: vector, form: form)
      var sums = [Int64](repeating: 0, count: parameterCount)
      let encoding = Stopwatch.medianSeconds {
        Stopwatch.keep(Payload(encoding: vector, form: form).bytes.count)
      }
      let adding = Stopwatch.medianSeconds { payload.accumulate(into: &sums, weight: 3) }
      report.add("\(form) encode", Double(parameterCount) / encoding, unit: "parameters/s")
      report.add("\(form) decode and accumulate", Double(parameterCount) / adding, unit: "parameters/s")
    }
  }
}
