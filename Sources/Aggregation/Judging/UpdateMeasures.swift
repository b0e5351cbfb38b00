import Numerics
import Updates

/// What one pass over the values of some updates finds: their sketches, their norms, and how they stand to
/// the root updates.
///
/// The pass goes through the parameters a few chunks at a time, and through all updates in each of them. So
/// every value is decoded once, into memory that stays in the processor's cache; the buckets of a chunk's
/// parameters are drawn once for all updates; and each root update is read from memory once.
struct UpdateMeasures: Sendable {
  /// The sketches, a row an update, in quanta.
  private(set) var sketches: SketchMatrix
  /// The Euclidean norms in quanta.
  private(set) var norms: [Double]
  /// The norms of the scaled updates, in quanta: `RootUpdates.scale`. Zeros without root updates.
  private(set) var scaledNorms: [Double]
  /// The scaled updates' dot products with the scaled directions, in quanta, `directionCount` an update.
  private let dots: [Double]
  private let directionCount: Int

  /// Measures updates.
  ///
  /// - Parameters:
  ///   - payloads: updates of one length
  ///   - sketch: draws the buckets
  ///   - roots: as long as the updates; nil where only sketches and norms are wanted
  ///   - threads: how many threads divide the updates among them; the result does not depend on it
  init(of payloads: [Payload], sketch: CountSketch, roots: RootUpdates? = nil, threads: Int = 1) {
    precondition(
      Set(payloads.map(\.parameterCount) + (payloads.isEmpty ? [] : roots.map { [$0.scale.count] } ?? []))
        .count <= 1,
      "updates and root updates have one length")
    let ranges = Parallel.ranges(of: payloads.count, parts: threads)
    let parts = Parallel.map(count: ranges.count, threads: threads) {
      Part(payloads[ranges[$0]], sketch: sketch, roots: roots)
    }
    let directionCount = roots?.directions.count ?? 0
    self.directionCount = directionCount
    sketches = SketchMatrix(
      count: payloads.count, bucketCount: sketch.bucketCount, values: parts.flatMap(\.sketches))
    norms = parts.flatMap(\.squaredNorms).map { $0.squareRoot() }
    dots = parts.flatMap { $0.dots(with: directionCount) }
    scaledNorms = parts.flatMap { $0.scaledNorms(after: directionCount) }
  }

  /// A scaled update's dot products with the scaled directions, in quanta.
  func dots(of update: Int) -> ArraySlice<Double> {
    dots[update * directionCount..<(update + 1) * directionCount]
  }
}

/// The measures of consecutive updates, as one thread takes them.
private struct Part: Sendable {
  private(set) var sketches: [Float]
  private(set) var squaredNorms: [Double]
  /// `width` sums an update of values times columns of the table: the directions', then the scale's.
  private var products: [Double]
  /// The sums of the squares of the same products.
  private var squares: [Double]
  private let width: Int
  private let updateCount: Int

  init(_ payloads: ArraySlice<Payload>, sketch: CountSketch, roots: RootUpdates?) {
    updateCount = payloads.count
    let columns = roots.map { $0.directions + [$0.scale] } ?? []
    width = Kernels.interleavedWidth(columns.count)
    sketches = [Float](repeating: 0, count: payloads.count * sketch.bucketCount)
    squaredNorms = [Double](repeating: 0, count: payloads.count)
    products = [Double](repeating: 0, count: payloads.count * width)
    squares = products
    guard let grid = payloads.first?.grid else { return }
    let chunksAtOnce = Self.chunksAtOnce(width: width)
    var table = [Float](repeating: 0, count: chunksAtOnce * UpdateLimits.chunkParameterCount * width)
    var block = ValueBlock(chunkCount: chunksAtOnce)
    for first in stride(from: 0, to: grid.chunkCount, by: chunksAtOnce) {
      let chunks = first..<min(first + chunksAtOnce, grid.chunkCount)
      let parameters = grid.parameters(inChunks: chunks)
      let buckets = sketch.buckets(of: parameters)
      Kernels.interleave(columns, parameters, into: &table)
      Kernels.scaleRows(of: &table, rows: parameters.count, width: width, columns: columns.count - 1)
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
      indices: indices, values: values, table: table, width: width, dots: &products, squares: &squares,
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

  /// The sums of the directions' columns.
  func dots(with directionCount: Int) -> [Double] {
    (0..<updateCount).flatMap { products[$0 * width..<$0 * width + directionCount] }
  }

  /// The roots of the sums of the scale's column, which follows the directions'.
  func scaledNorms(after directionCount: Int) -> [Double] {
    (0..<updateCount).map { width > 0 ? squares[$0 * width + directionCount].squareRoot() : 0 }
  }
}
