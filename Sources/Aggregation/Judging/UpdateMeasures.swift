import Numerics
import Updates

/// What one pass over the values of some updates finds: their sketches, their norms, and their dot products
/// with some directions.
///
/// The pass goes through the parameters a few chunks at a time, and through all updates in each of them. So
/// every value is decoded once, into memory that stays in the processor's cache; the buckets of a chunk's
/// parameters are drawn once for all updates; and each direction is read from memory once.
struct UpdateMeasures: Sendable {
  /// The sketches, a row an update, in quanta.
  private(set) var sketches: SketchMatrix
  /// The Euclidean norms in quanta.
  private(set) var norms: [Double]
  /// The dot products with the directions, in quanta, `directionCount` an update.
  private let dots: [Double]
  /// The directions' squared norms over the parameters that an update touches, `directionCount` an update.
  private let touchedSquares: [Double]
  private let directionCount: Int

  /// Measures updates.
  ///
  /// - Parameters:
  ///   - payloads: updates of one length
  ///   - sketch: draws the buckets
  ///   - directions: dense vectors as long as the updates; may be none
  ///   - threads: how many threads divide the updates among them; the result does not depend on it
  init(of payloads: [Payload], sketch: CountSketch, directions: [[Float]] = [], threads: Int = 1) {
    precondition(
      Set(payloads.map(\.parameterCount) + (payloads.isEmpty ? [] : directions.map(\.count))).count <= 1,
      "updates and directions have one length")
    let ranges = Parallel.ranges(of: payloads.count, parts: threads)
    let parts = Parallel.map(count: ranges.count, threads: threads) {
      Part(payloads[ranges[$0]], sketch: sketch, directions: directions)
    }
    directionCount = directions.count
    sketches = SketchMatrix(
      count: payloads.count, bucketCount: sketch.bucketCount, values: parts.flatMap(\.sketches))
    norms = parts.flatMap(\.squaredNorms).map { $0.squareRoot() }
    dots = parts.flatMap { $0.columns(\.dots, directions.count) }
    touchedSquares = parts.flatMap { $0.columns(\.touchedSquares, directions.count) }
  }

  /// An update's dot products with the directions, in quanta.
  func dots(of update: Int) -> ArraySlice<Double> {
    dots[update * directionCount..<(update + 1) * directionCount]
  }

  /// The cosine of an update to a direction over the parameters that the update touches: -1...1, and 0 if
  /// either is zero there.
  ///
  /// Dense packets touch nearly everything; for sparse ones this is the direction as far as they can tell.
  func touchedCosine(of update: Int, to direction: Int) -> Double {
    let place = update * directionCount + direction
    let scale = norms[update] * touchedSquares[place].squareRoot()
    return scale > 0 ? min(1, max(-1, dots[place] / scale)) : 0
  }
}

/// The measures of consecutive updates, as one thread takes them.
private struct Part: Sendable {
  private(set) var sketches: [Float]
  private(set) var squaredNorms: [Double]
  /// `width` sums an update, of which the first are the directions'.
  private(set) var dots: [Double]
  private(set) var touchedSquares: [Double]
  private let width: Int
  private let updateCount: Int

  init(_ payloads: ArraySlice<Payload>, sketch: CountSketch, directions: [[Float]]) {
    updateCount = payloads.count
    width = Kernels.interleavedWidth(directions.count)
    sketches = [Float](repeating: 0, count: payloads.count * sketch.bucketCount)
    squaredNorms = [Double](repeating: 0, count: payloads.count)
    dots = [Double](repeating: 0, count: payloads.count * width)
    touchedSquares = dots
    guard let grid = payloads.first?.grid else { return }
    let chunksAtOnce = Self.chunksAtOnce(width: width)
    var table = [Float](repeating: 0, count: chunksAtOnce * UpdateLimits.chunkParameterCount * width)
    var block = ValueBlock(chunkCount: chunksAtOnce)
    for first in stride(from: 0, to: grid.chunkCount, by: chunksAtOnce) {
      let chunks = first..<min(first + chunksAtOnce, grid.chunkCount)
      let parameters = grid.parameters(inChunks: chunks)
      let buckets = sketch.buckets(of: parameters)
      Kernels.interleave(directions, parameters, into: &table)
      for (place, payload) in payloads.enumerated() {
        payload.unpack(chunks: chunks, into: &block)
        add(block, to: place, buckets: buckets, bucketCount: sketch.bucketCount, table: table)
      }
    }
  }

  private mutating func add(
    _ block: ValueBlock, to place: Int, buckets: [UInt16], bucketCount: Int, table: [Float]
  ) {
    let indices = block.indices.span.extracting(0..<block.count)
    let values = block.values.span.extracting(0..<block.count)
    squaredNorms[place] += Kernels.squaredNorm(values)
    Kernels.scatterSigned(
      indices: indices, values: values, buckets: buckets, into: &sketches, at: place * bucketCount)
    guard width > 0 else { return }
    Kernels.gatherDots(
      indices: indices, values: values, table: table, width: width, dots: &dots, squares: &touchedSquares,
      at: place * width)
  }

  /// Interleaved directions of at most two megabytes stay in a core's own caches, or close to them.
  private static let tableBytes = 2 << 20
  /// More would not fit as sketches' buckets and unpacked values, and fewer visit every sketch too often.
  private static let chunksAtOnceLimit = 8

  private static func chunksAtOnce(width: Int) -> Int {
    let chunkBytes = width * UpdateLimits.chunkParameterCount * MemoryLayout<Float>.stride
    return max(1, min(chunksAtOnceLimit, tableBytes / max(chunkBytes, 1)))
  }

  /// The sums of the directions, without the columns that fill up a vector step.
  func columns(_ sums: KeyPath<Part, [Double]>, _ directionCount: Int) -> [Double] {
    let sums = self[keyPath: sums]
    return (0..<updateCount).flatMap { sums[$0 * width..<$0 * width + directionCount] }
  }
}
