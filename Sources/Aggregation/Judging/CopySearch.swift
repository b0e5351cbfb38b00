import Numerics
import Updates

/// The search for updates that are nearly the same.
///
/// All pairs meet in the sketch, by matrix products. Of those that are near there, only the nearest few of
/// each update are compared exactly, which bounds the work on full vectors by the number of updates: nobody
/// can make it grow with the number of pairs by sending many updates that are nearly copies.
struct CopySearch {
  /// Sketches of norm one, in the order of the commitments.
  let sketches: SketchMatrix
  /// The gap 1 - cosine up to which an update counts as a copy.
  let limit: Double

  /// The number of exact comparisons of one update with others that are as near in the sketch as a copy may
  /// be. The sketch is right about all but the borderline: a copy has its model among the nearest.
  static let comparisonsLimit = 4
  /// Rows of sketches that a matrix product takes at once.
  private static let rowsAtOnce = 256

  /// A sketch that is near to another one.
  struct Neighbour {
    let row: Int
    /// 1 - cosine of the sketches.
    let gap: Double
  }

  /// Searches a window with a policy's copy limit.
  init(_ sketches: SketchMatrix, policyLimit: Double) {
    self.sketches = sketches
    let relativeLimit = Self.medianGap(sketches).map { $0 * JudgingThresholds.copyGapFraction }
    limit = max(JudgingThresholds.equalityGap, min(policyLimit, relativeLimit ?? policyLimit))
  }

  /// The gap in the sketch up to which a pair is worth an exact comparison.
  private var sketchedLimit: Double {
    max(limit * JudgingThresholds.sketchMargin, JudgingThresholds.sketchTolerance)
  }

  /// For each update the nearest of the earlier ones, nearest first, equally near ones in their order.
  func nearestEarlier(threads: Int) -> [[Neighbour]] {
    nearest(among: sketches, limit: sketchedLimit, isEarlier: true, threads: threads)
  }

  /// For each update the steps that it may be taken from, nearest first.
  ///
  /// A compressed replay holds the largest values of a step and leaves out the rest, so it may be much
  /// further from the whole of it than a copy of an update is from that.
  func nearestSteps(among steps: SketchMatrix, threads: Int) -> [[Neighbour]] {
    nearest(among: steps, limit: JudgingThresholds.stepGap, isEarlier: false, threads: threads)
  }

  /// For each update those of earlier windows that are near to it, nearest first.
  func nearestRecent(among recent: SketchMatrix, threads: Int) -> [[Neighbour]] {
    nearest(among: recent, limit: sketchedLimit, isEarlier: false, threads: threads)
  }

  /// For each update the nearest of others, nearest first.
  ///
  /// - Parameter isEarlier: whether only those in rows above the update's count
  private func nearest(
    among others: SketchMatrix, limit: Double, isEarlier: Bool, threads: Int
  ) -> [[Neighbour]] {
    guard sketches.count > 0 else { return [] }
    let blocks = (sketches.count - 1) / Self.rowsAtOnce + 1
    // The last blocks may have the most to compare with: they come first.
    let found = Parallel.map(count: blocks, threads: threads) { piece in
      nearest(toBlock: blocks - 1 - piece, among: others, limit: limit, isEarlier: isEarlier)
    }
    return found.reversed().flatMap(\.self)
  }

  private func nearest(
    toBlock block: Int, among others: SketchMatrix, limit: Double, isEarlier: Bool
  ) -> [[Neighbour]] {
    let rows = block * Self.rowsAtOnce..<min((block + 1) * Self.rowsAtOnce, sketches.count)
    let end = isEarlier ? rows.upperBound : others.count
    var nearest = [[Neighbour]](repeating: [], count: rows.count)
    var cosines = [Float](repeating: 0, count: rows.count * Self.rowsAtOnce)
    let width = sketches.bucketCount
    for start in stride(from: 0, to: end, by: Self.rowsAtOnce) {
      let columns = start..<min(start + Self.rowsAtOnce, end)
      BLAS.multiply(
        sketches.values.span.extracting(rows.lowerBound * width..<rows.upperBound * width), as: .asStored,
        others.values.span.extracting(columns.lowerBound * width..<columns.upperBound * width),
        as: .transposed, rows: rows.count, columns: columns.count, inner: width, into: &cosines)
      for row in rows {
        let line = (row - rows.lowerBound) * columns.count
        let last = isEarlier ? max(min(columns.upperBound, row), columns.lowerBound) : columns.upperBound
        for column in columns.lowerBound..<last {
          let gap = 1 - Double(cosines[line + column - columns.lowerBound])
          guard gap <= limit else { continue }
          Self.insert(Neighbour(row: column, gap: gap), into: &nearest[row - rows.lowerBound])
        }
      }
    }
    return nearest
  }

  private static func insert(_ neighbour: Neighbour, into nearest: inout [Neighbour]) {
    let place = nearest.firstIndex { neighbour.gap < $0.gap } ?? nearest.count
    guard place < comparisonsLimit else { return }
    nearest.insert(neighbour, at: place)
    if nearest.count > comparisonsLimit { nearest.removeLast() }
  }

  /// The median gap between two updates of the window, over pairs spread evenly; nil where there are none.
  ///
  /// Of two updates a copy would be the median itself, so there only equality tells.
  private static func medianGap(_ sketches: SketchMatrix) -> Double? {
    guard sketches.count > 2 else { return sketches.count == 2 ? 0 : nil }
    let pairCount = sketches.count * (sketches.count - 1) / 2
    let step = (pairCount - 1) / JudgingThresholds.medianPairs + 1
    var gaps: [Double] = []
    var (later, firstPair) = (1, 0)
    for pair in stride(from: 0, to: pairCount, by: step) {
      // The pairs of `later` are numbered from `firstPair` on.
      while pair >= firstPair + later {
        firstPair += later
        later += 1
      }
      gaps.append(1 - sketches.dot(later, sketches, pair - firstPair))
    }
    return gaps.median
  }

  /// 1 - the cosine of an update to a step over the parameters that the update touches.
  static func gap(_ update: Payload, norm: Double, whereItTouches step: Payload) -> Double {
    let overlap = step.overlap(with: update)
    let scale = norm * overlap.squaredNorm.squareRoot()
    return scale > 0 ? max(0, 1 - overlap.dot / scale) : 1
  }

  /// 1 - the cosine of two updates with their norms: 0 for equal directions, 2 for opposite ones, 1 if either
  /// is zero.
  static func gap(_ left: Payload, norm leftNorm: Double, _ right: Payload, norm rightNorm: Double) -> Double
  {
    let scale = leftNorm * rightNorm
    return scale > 0 ? max(0, 1 - left.dot(right) / scale) : 1
  }
}
