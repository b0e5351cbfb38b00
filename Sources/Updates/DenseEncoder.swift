/// Writes the dense forms.
struct DenseEncoder {
  private let layout: DenseLayout
  private var bytes: [UInt8] = []
  private var codes: [Int32] = []

  private init(layout: DenseLayout) {
    self.layout = layout
  }

  /// Encodes a vector, rounding each value to the nearest multiple of its chunk's scale.
  static func encode(_ values: [Int32], layout: DenseLayout) -> [UInt8] {
    let grid = ChunkGrid(parameterCount: values.count)
    var encoder = DenseEncoder(layout: layout)
    for index in 0..<grid.chunkCount {
      encoder.append(values.span.extracting(grid.parameters(inChunk: index)))
    }
    return encoder.bytes
  }

  private mutating func append(_ chunk: Span<Int32>) {
    let scale = round(chunk)
    bytes.append(scale.code)
    guard scale > .zero else { return }
    guard layout.codeBits == 4 else {
      for code in codes { bytes.append(UInt8(bitPattern: Int8(truncatingIfNeeded: code))) }
      return
    }
    for index in stride(from: 0, to: codes.count, by: 2) {
      let second = index + 1 < codes.count ? codes[index + 1] : 0
      bytes.append(UInt8(truncatingIfNeeded: codes[index] << 4 | second & 0x0F))
    }
  }

  /// Puts the chunk's codes into `codes` and returns the canonical scale that belongs to them.
  private mutating func round(_ chunk: Span<Int32>) -> Magnitude {
    codes.removeAll(keepingCapacity: true)
    var greatest: UInt32 = 0
    for index in chunk.indices { greatest = max(greatest, chunk[index].magnitude) }
    let steps = UInt32(layout.maximumCode)
    greatest = min(greatest, UInt32(FixedPoint.maximum))
    guard greatest > 0 else { return .zero }
    let scale = UInt32(Magnitude(notBelow: (greatest + steps - 1) / steps).quanta)
    let codeLimit = min(steps, UInt32(FixedPoint.maximum) / scale)
    var divisor: UInt32 = 0
    for index in chunk.indices {
      let value = chunk[index]
      let code = min((value.magnitude + scale / 2) / scale, codeLimit)
      codes.append(value < 0 ? -Int32(code) : Int32(code))
      if divisor != 1 { divisor = DenseLayout.commonDivisor(divisor, code) }
    }
    return coarsen(scale: scale, divisor: divisor)
  }

  /// Moves a common factor of the codes into the scale as far as a greater magnitude takes it.
  private mutating func coarsen(scale: UInt32, divisor: UInt32) -> Magnitude {
    let canonical = DenseLayout.canonicalScale(dividing: divisor * scale)
    let canonicalQuanta = canonical.quanta
    guard canonicalQuanta > Int32(scale) else { return canonical }
    for index in codes.indices { codes[index] = codes[index] * Int32(scale) / canonicalQuanta }
    return canonical
  }
}
