import Updates

/// The payload format, written a second time from `docs/PACKET.md` with plain arrays, and text for bits, to
/// be compared with the codec.
///
/// It encodes values that the format can hold exactly, so it tells whether bytes that were accepted are the
/// only encoding of what they decode to.
enum ReferenceCodec {
  static func encode(exactly values: [Int32], form: PacketForm, seed: UInt64 = 0) -> [UInt8] {
    let chunks = stride(from: 0, to: values.count, by: 4_096).map { start in
      Array(values[start..<min(start + 4_096, values.count)])
    }
    switch form {
    case .sparse(let kept): return sparse(chunks, kept: kept)
    case .dense8: return bytes(chunks.map { dense($0, codeBits: 8) }.joined())
    case .dense4: return bytes(chunks.map { dense($0, codeBits: 4) }.joined())
    case .rotated(let signs):
      let parts = chunks.enumerated().map { rotated($1, signs: signs, firstWord: 64 * $0, seed: seed) }
      return bytes(binary(Int(seed >> 32), width: 32) + binary(Int(seed & 0xFFFF_FFFF), width: 32))
        + parts.joined()
    }
  }

  /// The values' first places have one value of each sum; the matrix that made the sums undoes itself.
  private static func rotated(_ chunk: [Int32], signs: Int, firstWord: Int, seed: UInt64) -> [UInt8] {
    guard chunk.contains(where: { $0 != 0 }) else { return [0] }
    var count = 1
    while count * 2 * 4_096 <= signs * chunk.count { count *= 2 }
    let sums = (0..<count).map { place in
      word(firstWord + place / 64, of: seed) >> UInt64(place % 64) & 1 == 1
        ? -Int(chunk[place]) : Int(chunk[place])
    }
    let signed = hadamard(sums)
    let bits = signed.map { $0 < 0 ? "1" : "0" } + [String](repeating: "0", count: (8 - count % 8) % 8)
    let octets = stride(from: 0, to: bits.count, by: 8).map { bits[$0..<$0 + 8].reversed().joined() }
    let scale = signed.map(abs).max() ?? 0
    return bytes(binary(code(of: Int32(scale / count)), width: 8) + octets.joined())
  }

  /// By halves: of sums and of differences.
  static func hadamard(_ values: [Int]) -> [Int] {
    guard values.count > 1 else { return values }
    let (first, second) = (values.prefix(values.count / 2), values.suffix(values.count / 2))
    return hadamard(zip(first, second).map { $0 + $1 }) + hadamard(zip(first, second).map { $0 - $1 })
  }

  /// A word of SplitMix64.
  static func word(_ number: Int, of seed: UInt64) -> UInt64 {
    var word = seed &+ UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
    for (shift, factor) in [(30, 0xBF58_476D_1CE4_E5B9), (27, 0x94D0_49BB_1331_11EB)] as [(UInt64, UInt64)] {
      word = (word ^ word >> shift) &* factor
    }
    return word ^ word >> 31
  }

  private static func sparse(_ chunks: [[Int32]], kept: Int) -> [UInt8] {
    var coder = ReferenceCoder()
    var (gapClass, history, lowCode, keptCount) = (2, 0, 0, 0)
    for chunk in chunks {
      let positions = chunk.indices.filter { chunk[$0] != 0 }
      keptCount += positions.count
      let missing = (kept * chunk.count + 4_095) / 4_096 - positions.count
      coder.number(missing == 0 ? 0 : positions.isEmpty ? 1 : missing + 1, "count")
      let levels = Set(positions.map { abs(chunk[$0]) }).sorted()
      guard let low = levels.first, let high = levels.last else { continue }
      let change = code(of: low) - lowCode
      lowCode += change
      coder.number(change < 0 ? -2 * change - 1 : 2 * change, "low change")
      coder.number(code(of: high) - lowCode, "spread")
      var next = 0
      for position in positions {
        coder.number(position - next, "gap \(gapClass)")
        gapClass = position - next <= 2 ? 0 : position - next <= 30 ? 1 : 2
        let level = low < high && abs(chunk[position]) == high ? 1 : 0
        let sign = chunk[position] < 0 ? 1 : 0
        coder.tag(2 * level + sign, "tag \(history)")
        history = 8 * level + history % 4 * 2 + sign
        next = position + 1
      }
    }
    let bytes = coder.finish()
    return bytes + [UInt8](repeating: 0, count: max(0, (chunks.count + keptCount + 7) / 8 - bytes.count))
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

/// The coder of the sparse form, with whole numbers for states and a dictionary of models.
struct ReferenceCoder {
  private var bounds: [String: [Int]] = [:]
  private var seen: [String: Int] = [:]
  private var steps: [(lane: Int, low: Int, high: Int, tail: Int, tailCount: Int)] = []

  mutating func number(_ number: Int, _ model: String) {
    var tailCount = 0
    while 2 << tailCount <= number + 1 { tailCount += 1 }
    step(tailCount, of: 13, model, lane: 0, tail: number + 1 - 1 << tailCount, tailCount: tailCount)
  }

  mutating func tag(_ tag: Int, _ model: String) {
    step(tag, of: 4, model, lane: 1, tail: 0, tailCount: 0)
  }

  private mutating func step(
    _ symbol: Int, of count: Int, _ model: String, lane: Int, tail: Int, tailCount: Int
  ) {
    var bounds = bounds[model] ?? (0...count).map { 32_768 * $0 / count }
    steps.append((lane, bounds[symbol], bounds[symbol + 1], tail, tailCount))
    let shift = [8, 16, 32, 64, 128].filter { $0 <= seen[model, default: 0] }.count + 3
    for index in 1..<count {
      let target = index <= symbol ? 8 * index : 32_768 - 8 * (count - index)
      bounds[index] += (target - bounds[index]) >> shift
    }
    self.bounds[model] = bounds
    seen[model, default: 0] += 1
  }

  func finish() -> [UInt8] {
    var states = [1 << 31, 1 << 31]
    var words: [Int] = []
    for step in steps.reversed() {
      let width = step.high - step.low
      // What the state becomes has to stay below 2^63.
      if states[step.lane] >> (48 - step.tailCount) >= width {
        words.append(states[step.lane] % (1 << 32))
        states[step.lane] /= 1 << 32
      }
      let state = states[step.lane] << step.tailCount + step.tail
      states[step.lane] = state / width * 32_768 + state % width + step.low
    }
    let halves = states.flatMap { [$0 / (1 << 32), $0 % (1 << 32)] }
    return (halves + words.reversed()).flatMap { word in
      [24, 16, 8, 0].map { UInt8(word >> $0 & 255) }
    }
  }
}
