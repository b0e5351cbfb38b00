import Numerics
import Updates
import Wire

// The checks that look at values.
extension JudgedWindow {
  /// Measures what is still open: sketches and norms, and how the updates stand to the root updates.
  ///
  /// - Parameters:
  ///   - roots: the root updates; nil where only sketches and norms are wanted
  ///   - threads: how many threads divide the updates among them
  mutating func measure(against roots: RootUpdates?, threads: Int) {
    let open = openIndices
    let measures = UpdateMeasures(
      of: open.compactMap { entries[$0].packet?.payload }, sketch: sketch, roots: roots,
      threads: threads)
    for (row, index) in open.enumerated() {
      entries[index].norm = measures.norms[row]
      entries[index].sketchRow = row
      guard roots != nil else { continue }
      entries[index].labelDots = Array(measures.dots(of: row))
      entries[index].scaledNorm = measures.scaledNorms[row]
    }
    sketches = measures.sketches
  }

  /// The sketches of what is open, not scaled: in quanta, a row an update. Known once they are measured.
  var openSketches: SketchMatrix {
    let rows = openIndices.compactMap { entries[$0].sketchRow }
    return sketches?.rows(rows) ?? SketchMatrix(count: 0, bucketCount: sketch.bucketCount, values: [])
  }

  /// The sketch of the window, drawn from its seed.
  var sketch: CountSketch {
    CountSketch(
      seed: input.seed.leadingWord,
      bucketCount: JudgingThresholds.sketchBuckets(updates: input.candidates.count))
  }

  /// Near copies of earlier updates, of the window and of those before, and of steps that the model has
  /// taken.
  mutating func checkCopies(recentSteps: [Payload], recentUpdates: [RecentUpdate], threads: Int) {
    let open = openIndices
    let updates = open.compactMap { index in
      entries[index].packet.map { (payload: $0.payload, norm: entries[index].norm) }
    }
    let contributors = open.map { entries[$0].candidate.contributor }
    let search = CopySearch(
      openSketches.unit, policyLimit: 1 - Double(input.policy.copyCosineQ16) / 65_536)
    let steps = UpdateMeasures(of: recentSteps, sketch: sketch, threads: threads)
    let stepSketches = steps.sketches.unit
    let recent = UpdateMeasures(of: recentUpdates.map(\.payload), sketch: sketch, threads: threads)
    let recentSketches = recent.sketches.unit
    let nearest = search.nearestEarlier(threads: threads)
    let nearestSteps = search.nearestSteps(among: stepSketches, threads: threads)
    let nearestRecent = search.nearestRecent(among: recentSketches, threads: threads)
    let copies = Parallel.map(count: updates.count, threads: threads) { row -> Copy? in
      let (payload, norm) = updates[row]
      for step in nearestSteps[row] {
        let gap = CopySearch.gap(payload, norm: norm, whereItTouches: recentSteps[step.row])
        if gap <= search.limit { return Copy(reason: .replay, gap: gap) }
      }
      for other in nearestRecent[row] {
        let model = recentUpdates[other.row]
        // What one contributor sends window after window may well be alike.
        guard model.contributor != contributors[row] else { continue }
        let gap = CopySearch.gap(payload, norm: norm, model.payload, norm: recent.norms[other.row])
        if gap <= search.limit { return Copy(reason: .nearCopy, gap: gap) }
      }
      for earlier in nearest[row] {
        let (other, otherNorm) = updates[earlier.row]
        let gap = CopySearch.gap(payload, norm: norm, other, norm: otherNorm)
        if gap <= search.limit { return Copy(reason: .nearCopy, gap: gap) }
      }
      return nil
    }
    for (index, copy) in zip(open, copies) {
      guard let copy else { continue }
      reject(index, copy.reason, measured: 1 - copy.gap, limit: 1 - search.limit)
    }
  }

  /// An update that is nearly another one, or a step.
  private struct Copy: Sendable {
    let reason: RejectionReason
    let gap: Double
  }

  /// Norms against what is usual: out of all proportion is refused, long is clipped.
  mutating func checkNorms(recent: inout RecentNorms) {
    let norms = openIndices.map { index in
      RecentNorms.Entry(
        contributor: entries[index].candidate.contributor, norm: entries[index].norm, version: input.version)
    }
    guard let median = recent.record(norms) else { return }
    for index in openIndices {
      let relative = entries[index].norm / median
      entries[index].relativeNorm = relative
      let limit = JudgingThresholds.normRejectionMultiple
      if relative > limit { reject(index, .normTooLarge, measured: relative, limit: limit) }
    }
  }

  /// The norm that updates are clipped to, over the median of recent norms.
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
