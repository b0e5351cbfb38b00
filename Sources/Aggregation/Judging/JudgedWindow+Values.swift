import Numerics
import Updates
import Wire

// The checks that look at values.
extension JudgedWindow {
  /// Unpacks what is still open.
  mutating func unpack() {
    for index in openIndices {
      guard let vector = entries[index].packet?.payload.sparseValues() else { continue }
      entries[index].vector = vector
      entries[index].norm = vector.norm
    }
  }

  /// Near copies of earlier updates of the window, and of steps that the model has taken.
  mutating func checkCopies(recentSteps: [SparseVector]) {
    let sketch = CountSketch(seed: input.seed.leadingWord)
    let open = openIndices
    let vectors = open.map { entries[$0].vector }
    let sketches = vectors.map { vector in vector.map(sketch.unitSketch(of:)) ?? [] }
    let stepSketches = recentSteps.map(sketch.unitSketch(of:))
    let limit = copyGapLimit(sketches)
    let sketchedLimit = max(limit * JudgingThresholds.sketchMargin, JudgingThresholds.sketchTolerance)
    for (place, index) in open.enumerated() {
      guard let vector = vectors[place] else { continue }
      // As between two updates, only what meets in the sketch is worth a walk through both.
      let near = zip(recentSteps, stepSketches).filter {
        1 - Kernels.dot(sketches[place], $0.1) <= sketchedLimit
      }
      if let nearest = near.map({ vector.gap(to: $0.0) }).min(), nearest <= limit {
        reject(index, .replay, measured: 1 - nearest, limit: 1 - limit)
        continue
      }
      for earlier in 0..<place {
        guard let other = vectors[earlier],
          1 - Kernels.dot(sketches[place], sketches[earlier]) <= sketchedLimit
        else { continue }
        let gap = vector.gap(to: other)
        if gap <= limit {
          reject(index, .nearCopy, measured: 1 - gap, limit: 1 - limit)
          break
        }
      }
    }
  }

  /// The gap 1 - cosine up to which an update counts as a copy in this window.
  private func copyGapLimit(_ sketches: [[Float]]) -> Double {
    let policyLimit = 1 - Double(input.policy.copyCosineQ16) / 65_536
    let relativeLimit = medianGap(sketches).map { $0 * JudgingThresholds.copyGapFraction }
    return max(JudgingThresholds.equalityGap, min(policyLimit, relativeLimit ?? policyLimit))
  }

  /// The median gap between two updates of the window, if there are two.
  ///
  /// Of two updates a copy would be the median itself, so there only equality tells.
  private func medianGap(_ sketches: [[Float]]) -> Double? {
    guard sketches.count > 2 else { return sketches.count == 2 ? 0 : nil }
    let pairCount = sketches.count * (sketches.count - 1) / 2
    let stride = (pairCount - 1) / JudgingThresholds.medianPairs + 1
    var gaps: [Double] = []
    var pair = 0
    for later in 1..<sketches.count {
      for earlier in 0..<later {
        if pair % stride == 0 { gaps.append(1 - Kernels.dot(sketches[later], sketches[earlier])) }
        pair += 1
      }
    }
    return gaps.median
  }

  /// Norms against the window's median: out of all proportion is refused, long is clipped.
  mutating func checkNorms() {
    guard let median = openIndices.map({ entries[$0].norm }).median else { return }
    for index in openIndices {
      let relative = entries[index].norm / median
      entries[index].relativeNorm = relative
      let limit = JudgingThresholds.normRejectionMultiple
      if relative > limit { reject(index, .normTooLarge, measured: relative, limit: limit) }
    }
  }

  /// The norm that updates are clipped to, over the window's median.
  private var clipMultiple: Double { Double(input.policy.clipMultipleQ8) / 256 }

  /// Admits an update with a trust of 0...1.
  mutating func admit(_ index: Int, trust: Double) {
    let relative = entries[index].relativeNorm
    let clip = relative > clipMultiple ? clipMultiple / relative : 1
    entries[index].judgement = .admitted(
      trust: MergeWeight.fraction(trust), clip: MergeWeight.fraction(clip), measured: relative,
      limit: clipMultiple)
  }

  /// Admits everything that is still open, with full weight.
  mutating func admitAlike() {
    for index in openIndices {
      entries[index].judgement = .admitted(
        trust: MergeWeight.one, clip: MergeWeight.one, measured: 0, limit: 0)
    }
  }
}

extension [Double] {
  /// The lower median; nil for none.
  var median: Double? {
    isEmpty ? nil : sorted()[(count - 1) / 2]
  }
}
