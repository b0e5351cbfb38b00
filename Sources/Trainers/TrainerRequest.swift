import JSON5
import Learning
import Numerics

/// One call of a trainer: what is asked, and how its answer is read.
struct TrainerRequest<Result: Sendable>: Sendable {
  /// Which limit holds for a call.
  enum Budget: Sendable {
    case start, train, judge

    func seconds(_ limits: TrainerLimits) -> Double {
      switch self {
      case .start: limits.startSeconds
      case .train: limits.trainSeconds
      case .judge: limits.judgeSeconds
      }
    }
  }

  /// The call's name.
  let call: String
  /// Its arguments as JSON fields, a comma before each.
  var arguments = ""
  /// The weights for the input, if the call takes any.
  var input: [Float]?
  /// Whether values come back in the output.
  var hasOutput = false
  /// How long it may take.
  var budget = Budget.judge
  /// Reads the answer's result; nil if it was refused.
  let read: @Sendable (inout SettingsFields) -> Result?

  /// The request as JSON.
  func text(id: UInt64) -> String { "{\"id\": \(id), \"call\": \"\(call)\"\(arguments)}" }
}

/// What a trainer says of the examples that it met.
struct ExampleFigures: Equatable, Sendable {
  /// How many examples.
  let examples: Int
  /// Their mean loss.
  let loss: Double

  fileprivate static let losses = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude

  init(_ fields: inout SettingsFields) {
    examples = fields.requiredWhole("examples", in: 1...Int.max)
    loss = fields.requiredNumber("loss", in: Self.losses)
  }
}

extension TrainerRequest where Result == TrainerDescription {
  /// What the trainer is.
  static var describe: Self { Self(call: "describe", budget: .start) { TrainerDescription(&$0) } }
}

extension TrainerRequest where Result == Void {
  /// Weights to start from.
  static func initialize(seed: UInt64) -> Self {
    Self(call: "initialize", arguments: ", \"seed\": \"\(seed)\"", hasOutput: true) { _ in () }
  }
}

extension TrainerRequest where Result == (ExampleFigures, steps: Int) {
  /// Training; the configuration has been validated.
  static func train(_ weights: [Float], _ configuration: TrainingConfiguration) -> Self {
    let duration =
      switch configuration.duration {
      case .epochs(let count): "\"epochs\": \(count)"
      case .steps(let count): "\"steps\": \(count)"
      }
    let arguments =
      ", \(duration), \"batchSize\": \(configuration.batchSize)"
      + ", \"learningRate\": \(configuration.learningRate), \"weightDecay\": \(configuration.weightDecay)"
      + ", \"seed\": \"\(configuration.seed)\""
    return Self(call: "train", arguments: arguments, input: weights, hasOutput: true, budget: .train) {
      fields in
      (ExampleFigures(&fields), fields.requiredWhole("steps", in: 0...Int.max))
    }
  }
}

extension TrainerRequest where Result == Evaluation {
  /// The most metrics of an evaluation.
  private static var metricsLimit: Int { 64 }
  /// The most UTF-8 bytes of a metric's name.
  private static var metricNameBytesLimit: Int { 64 }

  /// Loss and metrics at some weights.
  static func evaluate(_ weights: [Float]) -> Self {
    Self(call: "evaluate", input: weights) { fields in
      let figures = ExampleFigures(&fields)
      let metrics = metrics(&fields)
      return Evaluation(loss: figures.loss, examples: figures.examples, metrics: metrics)
    }
  }

  private static func metrics(_ fields: inout SettingsFields) -> [String: Double] {
    var metrics: [String: Double] = [:]
    guard let value = fields.value("metrics") else {
      fields.report("metrics", .missing)
      return metrics
    }
    if value.fields.count > metricsLimit {
      fields.report("metrics", at: value, .unusable(reason: "there are more than \(metricsLimit)"))
    }
    fields.object(value, "metrics") { inner in
      for metric in value.fields.prefix(metricsLimit) {
        if metric.name.isEmpty || metric.name.utf8.count > metricNameBytesLimit {
          let reason = "a metric's name has 1 to \(metricNameBytesLimit) bytes"
          inner.report(JSON5Text.printable(metric.name), at: metric.value, .unusable(reason: reason))
        }
        let range = metric.name == "accuracy" ? 0...1 : ExampleFigures.losses
        metrics[metric.name] = inner.requiredNumber(metric.name, in: range)
      }
    }
    return metrics
  }
}

extension TrainerRequest where Result == ExampleFigures {
  /// The gradient at some weights, over one group of the examples or over all.
  static func gradient(_ weights: [Float], group: Int?) -> Self {
    let arguments = group.map { ", \"group\": \($0)" } ?? ""
    return Self(call: "gradient", arguments: arguments, input: weights, hasOutput: true) {
      ExampleFigures(&$0)
    }
  }
}
