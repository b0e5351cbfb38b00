import Updates

/// The payload format, written a second time from `docs/PACKET.md` with text for bits, to be compared with
/// the codec.
///
/// It encodes values that the format can hold exactly, so it tells whether bytes that were accepted are the
/// only encoding of what they decode to.
enum ReferenceCodec {
  static func encode(exactly values: [Int32], form: PacketForm) -> [UInt8] {
    var bits = ""
    for start in stride(from: 0, to: values.count, by: 4_096) {
      let chunk = Array(values[start..<min(start + 4_096, values.count)])
      switch form {
      case .sparse(let kept): bits += sparse(chunk, kept: kept)
      case .dense8: bits += dense(chunk, codeBits: 8)
      case .dense4: bits += dense(chunk, codeBits: 4)
      }
    }
    return bytes(bits)
  }

  private static func sparse(_ chunk: [Int32], kept: Int) -> String {
    let quota = (kept * chunk.count + 4_095) / 4_096
    let positions = chunk.indices.filter { chunk[$0] != 0 }
    let levels = Set(positions.map { abs(chunk[$0]) }).sorted()
    var bits = gamma(quota - positions.count + 1)
    guard let low = levels.first, let high = levels.last else { return bits }
    bits += binary(code(of: low), width: 8) + gamma(code(of: high) - code(of: low) + 1)
    let modulus = max(1, chunk.count * 710 / (1_024 * positions.count))
    var next = 0
    for position in positions {
      bits += golomb(position - next, modulus: modulus)
      if low < high { bits += abs(chunk[position]) == high ? "1" : "0" }
      bits += chunk[position] < 0 ? "1" : "0"
      next = position + 1
    }
    return bits
  }

  private static func dense(_ chunk: [Int32], codeBits: Int) -> String {
    let divides = { (scale: Int32) in chunk.allSatisfy { $0 % scale == 0 } }
    guard chunk.contains(where: { $0 != 0 }),
      let scale = (1...223).reversed().map(quanta(of:)).first(where: divides)
    else { return "00000000" }
    let mask = 1 << codeBits - 1
    let codes = chunk.map { binary(Int($0 / scale) & mask, width: codeBits) }.joined()
    let padding = String(repeating: "0", count: (8 - codes.count % 8) % 8)
    return binary(code(of: scale), width: 8) + codes + padding
  }

  static func quanta(of code: Int) -> Int32 {
    code < 8 ? Int32(code) : Int32(8 + code % 8) << (Int32(code / 8) - 1)
  }

  private static func code(of quanta: Int32) -> Int {
    (0...223).first { self.quanta(of: $0) == quanta } ?? -1
  }

  private static func golomb(_ gap: Int, modulus: Int) -> String {
    var width = 0
    while 1 << width < modulus { width += 1 }
    let (quotient, remainder) = gap.quotientAndRemainder(dividingBy: modulus)
    let short = 1 << width - modulus
    return String(repeating: "0", count: quotient) + "1"
      + (remainder < short ? binary(remainder, width: width - 1) : binary(remainder + short, width: width))
  }

  private static func gamma(_ value: Int) -> String {
    let bits = String(value, radix: 2)
    return String(repeating: "0", count: bits.count - 1) + bits
  }

  private static func binary(_ value: Int, width: Int) -> String {
    guard width > 0 else { return "" }
    let bits = String(value, radix: 2)
    return String(repeating: "0", count: width - bits.count) + bits
  }

  static func bytes(_ bits: String) -> [UInt8] {
    let digits = Array(bits.utf8)
    return stride(from: 0, to: digits.count, by: 8).map { start in
      (start..<start + 8).reduce(0) { $0 << 1 | ($1 < digits.count ? digits[$1] & 1 : 0) }
    }
  }
}
