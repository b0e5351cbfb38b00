import Ledger
import Updates
import Wire
import WireSamples

extension FuzzTargets {
  /// Every message of the schema: a decoder takes one encoding of what it decodes to, and no other.
  static let messages = FuzzTarget(
    "messages",
    WireSamples.decoders.map { decoder in
      let samples = WireSamples.all.filter { $0.message == decoder.message }
      return FuzzTarget.Choice(seeds: samples.map { .init(name: $0.name, bytes: $0.bytes) }) { input in
        switch decoder.isSecondEncoding(input) {
        case nil: .refused
        case false?: .accepted
        case true?: .wrong("a second accepted encoding of \(decoder.message)")
        }
      }
    })

  /// Records of the log: a signed envelope around a transaction, which has one encoding.
  static let envelopes = FuzzTarget("envelopes", seeds: transactions) { input in
    guard let envelope = try? Envelope(wireBytes: input, limit: Envelope.bytesLimit) else { return .refused }
    let isSigned = (try? envelope.checkSignature()) != nil
    guard let transaction = try? Transaction(envelope) else { return .refused }
    guard transaction.signed(by: WireSamples.key(1)).body == envelope.body else {
      return .wrong("a second accepted encoding of a transaction of kind \(envelope.kind)")
    }
    return isSigned ? .accepted : .refused
  }

  private static let transactions = WireSamples.all.flatMap { sample in
    Transaction.Kind.allCases.compactMap { kind -> FuzzTarget.Seed? in
      let envelope = Envelope(kind: kind.rawValue, body: sample.bytes, signedBy: WireSamples.key(1))
      // Two kinds may have bodies of the same fields.
      guard (try? Transaction(envelope)) != nil else { return nil }
      return .init(name: "\(sample.name).\(kind)", bytes: envelope.wireBytes)
    }
  }

  /// Values of updates in each form. A vector has one encoding. The encoder may round what another encoder
  /// would have sent, but what it does not round it writes in that encoding.
  static let payloads = FuzzTarget(
    "payloads",
    shapes.map { form, count in
      let values = (0..<count).map { index -> Int32 in
        let size = Int32(index * index % 2_039) - 1_000
        return index % 7 == 3 ? size : 40_000 * size
      }
      return FuzzTarget.Choice(
        seeds: [
          .init(name: "\(form).\(count)", bytes: Payload(encoding: values, form: form).bytes),
          .init(
            name: "\(form).\(count).zeros",
            bytes: Payload(encoding: [Int32](repeating: 0, count: count), form: form).bytes),
        ]
      ) { input in
        guard let payload = try? Payload(validating: input, form: form, parameterCount: count) else {
          return .refused
        }
        let values = payload.denseValues()
        let rotation = payload.rotation ?? Rotation(seed: 0)
        let again = Payload(encoding: values, form: form, rotation: rotation)
        return again.denseValues() != values || again.bytes == input
          ? .accepted : .wrong("a second accepted encoding of a \(form) vector")
      }
    })

  private static let shapes: [(PacketForm, Int)] = [
    (.sparse(keptPerChunk: 64), 5_000), (.sparse(keptPerChunk: 1), 9_000),
    (.sparse(keptPerChunk: 4_096), 100), (.dense8, 5_000), (.dense4, 4_099),
    (.rotated(signsPerChunk: 64), 5_000), (.rotated(signsPerChunk: 4_096), 100),
  ]
}
