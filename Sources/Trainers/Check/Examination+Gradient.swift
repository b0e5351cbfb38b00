import Learning
import Numerics

extension Examination {
  /// The share of a gradient's norm by which the mean of the groups' gradients may be off.
  private static let groupsShare = 1e-3
  /// The share of a loss by which that of 'gradient' may differ from that of 'evaluate'.
  private static let lossShare = 1e-4
  /// The share of a derivative by which the slope of the loss may be off.
  private static let slopeShare = 0.03
  /// The share of a loss that rounding may change it by, where sums are in single precision.
  private static let noiseShare = 4e-6
  /// How many random directions the slope is taken along, besides the gradient's own.
  private static let randomDirections = 2
  /// How many tensors are looked at one by one when the gradient is wrong.
  private static let tensorsLimit = 16

  /// The groups' gradients: their mean, weighted by their examples, is the gradient.
  mutating func groups(_ weights: [Float], _ whole: GradientResult) async throws(LearningError) {
    var mean = [Float](repeating: 0, count: weights.count)
    var examples = 0
    for group in 0..<trainer.groupCount {
      guard let found = try await gradient(weights, group: group) else { return }
      Kernels.axpy(Float(Double(found.examples) / Double(whole.examples)), found.gradient, &mean)
      examples += found.examples
    }
    guard examples == whole.examples else {
      return fail(
        "groups", "they have \(examples) examples together, and the whole has \(whole.examples)",
        "put every example into one group")
    }
    let norm = Kernels.norm(whole.gradient)
    let off = Kernels.squaredDistance(mean, whole.gradient).squareRoot()
    guard off > Self.groupsShare * norm else {
      return pass("groups", "the gradients of \(trainer.groupCount) groups average to the whole")
    }
    fail(
      "groups", "the mean of their gradients is off the gradient by \(Float(100 * off / norm)) % of its norm",
      "have 'gradient' with a group return the mean over that group's examples, and nothing else")
  }

  /// Holds the gradient against the slope of the loss along directions.
  mutating func slopes(
    _ weights: [Float], _ evaluation: Evaluation, _ whole: GradientResult
  ) async throws(LearningError) {
    if abs(whole.loss - evaluation.loss) > Self.lossShare * max(abs(evaluation.loss), 1e-3) {
      fail(
        "gradient", "its loss is \(whole.loss), and the loss of 'evaluate' \(evaluation.loss)",
        "take the gradient of the same mean loss over the same examples, with dropout off and no weight decay"
      )
    }
    let gradient = whole.gradient
    var random = SeededRandom(seed: settings.seed, stream: 1)
    var slopes: [Slope] = []
    for place in 0...Self.randomDirections {
      let direction =
        place == 0 && Kernels.norm(gradient) > 0
        ? gradient : Self.direction(along: gradient, in: gradient.indices, &random)
      guard let slope = try await slope(weights, evaluation, gradient, along: direction) else { return }
      slopes.append(slope)
    }
    guard let worst = slopes.first(where: { $0.verdict == .wrong }) else {
      guard slopes.contains(where: { $0.verdict == .right }) else {
        return note(
          "gradient", "the loss hardly changes around the first weights: its slope cannot be measured",
          "check that the loss depends on the weights that are passed")
      }
      return pass("gradient", "it is the slope of the loss: \(slopes[0].text)")
    }
    var text = "it is not the slope of the loss: \(worst.text)"
    let tensors = try await wrongTensors(weights, evaluation, gradient, &random)
    if !tensors.isEmpty { text += "; wrong in \(tensors.joined(separator: ", "))" }
    fail("gradient", text, worst.remedy(examples: evaluation.examples))
  }

  /// The tensors along which the gradient alone is wrong.
  private mutating func wrongTensors(
    _ weights: [Float], _ evaluation: Evaluation, _ gradient: [Float], _ random: inout SeededRandom
  ) async throws(LearningError) -> [String] {
    var wrong: [String] = []
    for tensor in trainer.layout.tensors.prefix(Self.tensorsLimit) {
      let direction = Self.direction(along: gradient, in: tensor.range, &random)
      guard let slope = try await slope(weights, evaluation, gradient, along: direction) else { return wrong }
      if slope.verdict == .wrong { wrong.append("\"\(tensor.name)\"") }
    }
    return wrong
  }

  /// A random direction in which no part of the derivative has the other sign. In others the parts cancel,
  /// and what is left drowns in curvature and rounding.
  private static func direction(
    along gradient: [Float], in range: Range<Int>, _ random: inout SeededRandom
  ) -> [Float] {
    var direction = [Float](repeating: 0, count: gradient.count)
    for place in range {
      let value = Float(random.gaussian())
      direction[place] = gradient[place] == 0 ? value : abs(value) * (gradient[place] < 0 ? -1 : 1)
    }
    return direction
  }

  /// The slope of the loss along a direction, from losses on both sides; nil if they cannot be had.
  ///
  /// Rounding spoils short steps and curvature long ones: several lengths are tried until one agrees.
  private mutating func slope(
    _ weights: [Float], _ evaluation: Evaluation, _ gradient: [Float], along direction: [Float]
  ) async throws(LearningError) -> Slope? {
    let length = Kernels.norm(direction)
    let expected = Kernels.dot(gradient, direction) / length
    // Of the size of the weights; where they are zero, of those that initialisations draw.
    let scale = max(Kernels.norm(weights), 0.05 * Double(weights.count).squareRoot())
    var closest: Slope?
    for share in [1e-2, 1e-3, 1e-1, 1e-4] {
      let step = share * scale
      var losses: [Double] = []
      for sign in [1.0, -1] {
        var moved = weights
        Kernels.axpy(Float(sign * step / length), direction, &moved)
        guard let found = try await self.evaluation(moved) else { return nil }
        losses.append(found.loss)
      }
      let noise = Self.noiseShare * max(abs(evaluation.loss), 1e-6) / step
      let slope = Slope(expected: expected, measured: (losses[0] - losses[1]) / (2 * step), noise: noise)
      if slope.verdict == .right { return slope }
      if closest.map({ slope.error < $0.error }) ?? true { closest = slope }
    }
    return closest
  }

  /// A derivative that a gradient promises, and what losses say.
  private struct Slope {
    enum Verdict { case right, wrong, unclear }

    let expected: Double
    let measured: Double
    /// How far rounding may have put the measured one off.
    let noise: Double

    var verdict: Verdict {
      let larger = max(abs(expected), abs(measured))
      if noise > slopeShare * larger { return .unclear }
      return abs(expected - measured) <= slopeShare * larger + noise ? .right : .wrong
    }

    /// How far apart the two are; those that say nothing come last.
    var error: Double { verdict == .unclear ? .infinity : abs(expected - measured) }

    var text: String { "\(Float(measured)) along a direction where the gradient says \(Float(expected))" }

    func remedy(examples: Int) -> String {
      let ratio = expected / measured
      func isNear(_ value: Double) -> Bool { abs(ratio - value) < 0.1 * abs(value) }
      if isNear(-1) { return "return the gradient itself, not the step against it" }
      if isNear(Double(examples)) { return "take the mean over the examples, not the sum" }
      return "clear earlier gradients first, add neither weight decay nor clipping, keep the order of the "
        + "tensors, and return a gradient for each of them"
    }
  }
}
