import Ledger

// How much work a plan is on so many examples.
extension TrainingPlan {
  /// How many steps one update takes.
  func steps(of examples: Int) -> Int {
    let batch = min(UInt64(examples), batchSize)
    return switch duration {
    case .epochs(let epochs): Int(epochs * ((UInt64(examples) + batch - 1) / batch))
    case .steps(let steps): Int(steps)
    }
  }

  /// How many of them fit into a time, all if it is infinite.
  func steps(of examples: Int, within seconds: Double, secondsPerExample: Double) -> Int {
    let all = steps(of: examples)
    let secondsPerStep = examplesMet(of: examples) / Double(max(1, all)) * secondsPerExample
    let fitting = (seconds / secondsPerStep).rounded(.down)
    return fitting < Double(all) ? max(0, Int(fitting)) : all
  }

  /// How many examples training for one update meets.
  func examplesMet(of examples: Int) -> Double {
    switch duration {
    case .epochs(let epochs): Double(epochs) * Double(examples)
    case .steps(let steps): Double(steps) * Double(min(UInt64(examples), batchSize))
    }
  }

  /// How many examples the first so many of its steps meet.
  func examplesMet(of examples: Int, steps: Int) -> Double {
    let all = self.steps(of: examples)
    return steps == all ? examplesMet(of: examples) : examplesMet(of: examples) / Double(all) * Double(steps)
  }
}
