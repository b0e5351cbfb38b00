import Wire

/// A fuzzer's input is one byte that picks the message, and the bytes to decode as that message.
extension WireSamples {
  /// The samples as the fuzzer's first inputs, in the order of `all`.
  public static let fuzzerInputs: [[UInt8]] = all.map { sample in
    let selector = decoders.firstIndex { $0.message == sample.message } ?? 0
    return [UInt8(truncatingIfNeeded: selector)] + sample.bytes
  }

  /// Says what is wrong if the input is accepted although it is not the only encoding of what it decodes to.
  public static func secondEncoding(inFuzzerInput input: [UInt8]) -> String? {
    guard let selector = input.first else { return nil }
    let decoder = decoders[Int(selector) % decoders.count]
    let bytes = Array(input.dropFirst())
    guard decoder.isSecondEncoding(bytes) == true else { return nil }
    return "a second accepted encoding of \(decoder.message): \(Hex.encode(bytes))"
  }
}
