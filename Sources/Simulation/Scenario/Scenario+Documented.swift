import Agents
import JSON5
import Settings

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

    \(validatorsText)

      // Examples that each validator judges with. They are split off before the data are dealt out.
      referenceExamplesPerValidator: \(referenceExamplesPerValidator),

      // Examples that accuracy is measured on. Nobody trains or judges with them.
      testExamples: \(testExamples),

    \(contributorsText)

    \(dataText)

      // The model: softmax(features,classes) or mlp(features,hidden,...,classes).
      model: \(JSON5Text.quoted(model)),

    \(training.documented)

      // How many versions of the model are made; each takes one window of updates.
      windows: \(windows),

      // A run ends with the first version that is so accurate on the test set, 0 to 1; 0 for none.
      targetAccuracy: \(targetAccuracy),

    \(merge.documented)

    \(privacy.documented)

      // Whether contributors sign what they send. Nothing that is learnt depends on it, and simulations are
      // far faster without. A demo's network is there to be audited, and signed always.
      signatures: \(signatures),

      // How a contributor keeps what compression leaves out, for its next update: "exact", "compact" (a byte
      // a value) or "none".
      residuals: "\(residuals.rawValue)",

    \(reward.documented)

      // How long a message takes, and an ordinary contributor's training of an example: virtual time.
      network: {
        latencySeconds: \(network.latencySeconds),
        trainingSecondsPerExample: \(network.trainingSecondsPerExample),
      },
    }

    """
  }

  private static let explanationColumn = 32

  private var validatorsText: String {
    let head = [
      "  // Who judges. Stakes are in units, one a validator; an empty list gives all the same.",
      "  validators: {",
      "    count: \(validators.count),",
      "    stakes: [\(Self.list(validators.stakes))],",
      "    // How many of each kind are hostile: the last ones, with less than a third of the stake.",
      "    hostile: {",
    ]
    let kinds = ValidatorHostility.allCases.map {
      Self.line($0.rawValue, validators.hostile[$0] ?? 0, $0.explanation)
    }
    return (head + kinds + ["    },", "  },"]).joined(separator: "\n")
  }

  /// The line of a kind of hostile node.
  private static func line(_ kind: String, _ number: Int, _ explanation: String) -> String {
    let setting = "      \"\(kind)\": \(number),"
    return setting + String(repeating: " ", count: max(1, explanationColumn - setting.count))
      + "// \(explanation)"
  }

  private var contributorsText: String {
    var lines = [
      "  // Who trains.",
      "  contributors: {",
      "    count: \(contributors.count),",
      contributors.devices.documented,
      "    // Honest ones that replace a part of their updates, 0 to 0.5, by canaries.",
      "    canaries: { count: \(contributors.canaries.count), share: \(contributors.canaries.share) },",
      "    // Honest owners of data under several names, each on a part of the data or on all.",
      "    split: {",
      "      count: \(contributors.split.count), identities: \(contributors.split.identities),"
        + " dividesData: \(contributors.split.dividesData),",
      "    },",
      "    // How many of each kind are hostile; a kind that is left out has none.",
      "    hostile: {",
    ]
    lines += Hostility.allCases.map {
      Self.line($0.rawValue, contributors.hostile[$0] ?? 0, $0.explanation)
    }
    return (lines + ["    },", "  },"]).joined(separator: "\n")
  }

  private var dataText: String {
    """
      // What contributors train on.
      data: {
        // "digits", { idx: { images: path, labels: path } } or { csv: { path: path, label: column } }.
        // A column's name needs a header line; a column's number, from 0, means that there is none.
        source: \(data.source.documented),
        // "iid", { dirichletLabels: alpha } (few classes a node), { dirichletSizes: alpha } (unequal sizes),
        // "one-label" or { sampled: examples } (each draws so many at random, and nodes overlap). The smaller
        // alpha, the less even.
        partition: \(data.partition.documented),
        // Labels whose examples the slowest share of the honest contributors alone holds.
        rareLabels: { labels: [\(rareLabels)], slowestShare: \(data.rareLabels.slowestShare) },
      },
    """
  }

  private var rareLabels: String { data.rareLabels.labels.map(String.init).joined(separator: ", ") }

  private static func list(_ numbers: [UInt64]) -> String {
    numbers.map(String.init).joined(separator: ", ")
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
