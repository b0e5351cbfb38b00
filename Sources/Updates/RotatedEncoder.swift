import Numerics

/// Writes the rotated form (Vargaftik et al., EDEN, 2022, with one bit for each rotated value).
///
/// A chunk's values x are turned by random signs D, values whose places are alike modulo the number of signs
/// m are added up, and the sums are multiplied by the Hadamard matrix of m: z = H F D x. Sent are the signs
/// of z and the scale |z|^2 / (m |z|_1). Their decoding D F' H sign(z), times the scale, has no bias over the
/// choice of D, but for the scale's rounding.
struct RotatedEncoder {
  private let layout: RotatedLayout
  private let rotation: Rotation
  private var bytes: [UInt8]
  private var turned: [Float] = []
  private var sums: [Float] = []

  /// Encodes a vector.
  static func encode(_ values: [Int32], layout: RotatedLayout, rotation: Rotation) -> [UInt8] {
    let grid = ChunkGrid(parameterCount: values.count)
    var encoder = RotatedEncoder(layout: layout, rotation: rotation)
    for index in 0..<grid.chunkCount {
      encoder.append(values.span.extracting(grid.parameters(inChunk: index)), chunk: index)
    }
    return encoder.bytes
  }

  private init(layout: RotatedLayout, rotation: Rotation) {
    (self.layout, self.rotation) = (layout, rotation)
    bytes = (0..<Rotation.byteCount).reversed().map {
      UInt8(truncatingIfNeeded: rotation.seed >> UInt64(8 * $0))
    }
  }

  private mutating func append(_ chunk: Span<Int32>, chunk index: Int) {
    rotate(chunk, chunk: index)
    let scale = scale()
    bytes.append(scale.code)
    guard scale > .zero else { return }
    for start in stride(from: 0, to: sums.count, by: 8) {
      bytes.append((0..<min(8, sums.count)).reduce(0) { $0 | (sums[start + $1] < 0 ? 1 << UInt8($1) : 0) })
    }
  }

  /// Puts H F D x into `sums`.
  private mutating func rotate(_ chunk: Span<Int32>, chunk index: Int) {
    let count = layout.signCount(parameterCount: chunk.count)
    turned.removeAll(keepingCapacity: true)
    for place in chunk.indices { turned.append(Float(chunk[place])) }
    // Whole rows, so that they can be added up.
    turned.append(contentsOf: repeatElement(0, count: (count - chunk.count % count) % count))
    var words = rotation.words(ofChunk: index)
    var values = turned.mutableSpan
    Kernels.turnSigns(&values) { words.next() }
    Self.add(turned, into: &sums, count: count)
    var rotated = sums.mutableSpan
    Kernels.hadamard(&rotated)
  }

  /// Adds up values whose places are alike modulo a count that divides their number.
  private static func add(_ turned: [Float], into sums: inout [Float], count: Int) {
    sums.removeAll(keepingCapacity: true)
    sums.append(contentsOf: turned[..<count])
    let turned = turned.span
    var sums = sums.mutableSpan
    for start in stride(from: count, to: turned.count, by: count) {
      for place in 0..<count { sums[place] += turned[start &+ place] }
    }
  }

  private func scale() -> Magnitude {
    let sizes = sums.reduce(0) { $0 + Double($1.magnitude) }
    guard sizes > 0 else { return .zero }
    let limit = RotatedLayout.scaleLimit(signCount: sums.count)
    let exact = Kernels.squaredNorm(sums) / (Double(sums.count) * sizes)
    guard exact < Double(limit) else { return Magnitude(notAbove: limit) }
    return min(Magnitude(nearest: UInt32(exact.rounded())), Magnitude(notAbove: limit))
  }
}
