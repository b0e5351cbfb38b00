import Aggregation
import Learning
import Ledger
import Updates

extension Scenario {
  /// The default scenario as JSON5, with a comment on every field. Reading it gives the default scenario.
  public static var documentedDefault: String { Scenario().documented }

  /// This scenario as JSON5, with a comment on every field. Reading it gives this scenario.
  public var documented: String {
    """
    // A scenario of the demo. Every field may be left out; unknown fields are refused.
    {
      // Decides everything that chance decides.
      seed: \(seed),

      // Who judges. Stakes are in units, one a validator; an empty list gives all the same.
      validators: { count: \(validators.count), stakes: [\(Self.list(validators.stakes))] },

      // Examples that each validator judges with. They are split off before the data are dealt out.
      referenceExamplesPerValidator: \(referenceExamplesPerValidator),

      // Examples that accuracy is measured on. Nobody trains or judges with them.
      testExamples: \(testExamples),

    \(contributorsText)

    \(dataText)

      // The model: softmax(features,classes) or mlp(features,hidden,...,classes).
      model: \(ScenarioText.quoted(model)),

      // How a contributor makes one update: passes over its examples, examples a step, step size.
      training: {
        epochs: \(training.epochs),
        batchSize: \(training.batchSize),
        learningRate: \(training.learningRate),
      },

      // How many versions of the model are made; each takes one window of updates.
      windows: \(windows),

    \(mergeText)

      // Who can read contributors' packets: "sealed-published" (the validators; everybody after the merge),
      // "sealed-kept" (the validators alone: an audit needs one of their keys) or "plain" (everybody).
      packetPrivacy: "\(privacy.name)",

      // The escrow pays a fixed sum a version. Shares are in hundredths of a percent, and
      // contributors get the rest.
      reward: {
        escrowUnits: \(reward.escrowUnits),
        unitsPerVersion: \(reward.unitsPerVersion),
        authorBasisPoints: \(reward.authorBasisPoints),
        validatorBasisPoints: \(reward.validatorBasisPoints),
      },

      // How long a message takes, and an ordinary contributor's training of an example: virtual time.
      network: {
        latencySeconds: \(network.latencySeconds),
        trainingSecondsPerExample: \(network.trainingSecondsPerExample),
      },
    }

    """
  }

  private static let explanationColumn = 32

  private var contributorsText: String {
    var lines = [
      "  // Who trains.",
      "  contributors: {",
      "    count: \(contributors.count),",
      "    // Honest ones whose training takes `factor` times as long.",
      "    slow: { count: \(contributors.slow.count), factor: \(contributors.slow.factor) },",
      "    // How many of each kind are hostile; a kind that is left out has none.",
      "    hostile: {",
    ]
    for kind in Hostility.allCases {
      let setting = "      \"\(kind.rawValue)\": \(contributors.hostile[kind] ?? 0),"
      let padding = max(1, Self.explanationColumn - setting.count)
      lines.append(setting + String(repeating: " ", count: padding) + "// \(kind.explanation)")
    }
    return (lines + ["    },", "  },"]).joined(separator: "\n")
  }

  private var dataText: String {
    """
      // What contributors train on.
      data: {
        // "digits", { idx: { images: path, labels: path } } or { csv: { path: path, label: column } }.
        // A column's name needs a header line; a column's number, from 0, means that there is none.
        source: \(data.source.text),
        // "iid", { dirichletLabels: alpha } (few classes a node), { dirichletSizes: alpha } (unequal sizes)
        // or "one-label". The smaller alpha, the less even.
        partition: \(data.partition.text),
      },
    """
  }

  private var mergeText: String {
    """
      // How updates are judged and merged.
      merge: {
        // "trust" weighs updates by their judgement. To compare with: "mean" takes all alike, and these weigh
        // updates by one another:
    \(Self.comments(MergePolicy.Rule.allCases.dropFirst(2).map(\.name)))
        rule: "\(merge.rule.name)",
        // Updates that close a window, 1 to 8192.
        windowSize: \(merge.windowSize),
        // Versions that an update may be behind, 0 to 64. Late ones weigh less.
        maximumStaleness: \(merge.maximumStaleness),
        // Updates of one contributor that a window takes, 1 to 64.
        updatesPerContributorPerWindow: \(merge.updatesPerContributorPerWindow),
        // The factor on a window's mean update, above 0 and at most 4.
        serverLearningRate: \(Self.decimal(merge.serverLearningRateQ16, scale: ScenarioLimits.q16)),
        // Packets of contributors, and published steps: "sparse:K" (K of 4096 values), "dense8" or "dense4".
        upForm: "\(merge.upForm)",
        downForm: "\(merge.downForm)",
        // What contributors keep of their compression error from one update to the next, 0 to 1.
        residualDecay: \(Self.decimal(merge.residualDecayQ16, scale: ScenarioLimits.q16)),
        // Updates are clipped to this multiple of the window's median norm, 0.25 to 256.
        clipMultiple: \(Self.decimal(merge.clipMultipleQ8, scale: ScenarioLimits.q8)),
        // The cosine from which an update counts as a copy of another or of a past step, 0.5 to 1.
        copyCosine: \(Self.decimal(merge.copyCosineQ16, scale: ScenarioLimits.q16)),
        // The share of a window that may be attackers', for rules other than "trust" and "mean", 0 to 4999.
        toleratedBasisPoints: \(merge.toleratedBasisPoints),
      },
    """
  }

  /// Names in two lines of comments.
  private static func comments(_ names: [String]) -> String {
    let half = (names.count + 1) / 2
    return [names[..<half], names[half...]]
      .map { "    // " + $0.map { "\"\($0)\"" }.joined(separator: ", ") }.joined(separator: "\n")
  }

  private static func list(_ numbers: [UInt64]) -> String {
    numbers.map(String.init).joined(separator: ", ")
  }

  /// The shortest decimal that rounds to a multiple of 1/`scale`.
  private static func decimal(_ multiple: UInt32, scale: Double) -> Double {
    let exact = Double(multiple) / scale
    var power = 1.0
    while power < 1e6 {
      let candidate = (exact * power).rounded() / power
      if (candidate * scale).rounded() == Double(multiple) { return candidate }
      power *= 10
    }
    return exact
  }
}

extension Scenario.Hostility {
  /// What the kind does, in a few words.
  public var explanation: String {
    switch self {
    case .signFlip: "sends the opposite of its update"
    case .scaled: "sends its update many times too large"
    case .labelFlip: "trains on false labels"
    case .noise: "sends noise"
    case .copycat: "sends another's update again"
    case .replay: "sends a step that the model has already taken"
    case .freeRider: "sends next to nothing"
    case .zeroUpdate: "sends nothing"
    case .disguisedCopycat: "sends another's update again, well disguised"
    case .backdoor: "trains a trigger into the model"
    case .boostedBackdoor: "the same, many times too large"
    case .alie: "all stay a few deviations from the mean: a little is enough"
    case .alieOptimised: "the same, as strong as the rule lets through"
    case .ipm: "all send the opposite of the mean: inner-product manipulation"
    case .ipmOptimised: "the same, as strong as the rule lets through"
    case .minMax: "all stay within the greatest distance of two honest updates"
    case .minSum: "all stay within the greatest sum of distances"
    case .mimic: "all repeat one honest contributor"
    case .drift: "all lean to one side a little, in every version"
    case .sybil: "one under many names, each with a part of one large update"
    case .flooding: "sends many updates from one version"
    }
  }
}

extension Scenario.DataSource {
  /// As a scenario's file writes it.
  fileprivate var text: String {
    switch self {
    case .digits: "\"digits\""
    case .idx(let images, let labels):
      "{ idx: { images: \(ScenarioText.quoted(images)), labels: \(ScenarioText.quoted(labels)) } }"
    case .csv(let path, .named(let name)):
      "{ csv: { path: \(ScenarioText.quoted(path)), label: \(ScenarioText.quoted(name)) } }"
    case .csv(let path, .index(let index)): "{ csv: { path: \(ScenarioText.quoted(path)), label: \(index) } }"
    }
  }
}

extension PartitionScheme {
  /// As a scenario's file writes it.
  fileprivate var text: String {
    switch self {
    case .iid: "\"iid\""
    case .oneLabelPerNode: "\"one-label\""
    case .dirichletLabels(let alpha): "{ dirichletLabels: \(alpha) }"
    case .dirichletSizes(let alpha): "{ dirichletSizes: \(alpha) }"
    }
  }
}

extension Scenario.DataSource {
  /// In words, for reports.
  var title: String {
    switch self {
    case .digits: "UCI optical digits"
    case .idx(let images, _): images
    case .csv(let path, _): path
    }
  }
}

extension PartitionScheme {
  /// In words, for reports.
  var title: String {
    switch self {
    case .iid: "dealt out at random"
    case .oneLabelPerNode: "one class a contributor"
    case .dirichletLabels(let alpha): "Dirichlet(\(alpha)) over classes"
    case .dirichletSizes(let alpha): "Dirichlet(\(alpha)) over sizes"
    }
  }
}
