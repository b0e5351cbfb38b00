import Agents
public import Aggregation
import Engines
public import JSON5
import Learning
public import Ledger
import Numerics
import Wire

/// A task as its author writes it into a file.
public struct TaskSettings: SettingsFile, Equatable, Sendable {
  /// The task's name.
  public var name = "task"
  /// The model: a canonical name of `ModelSpecification`, such as `mlp(64,32,10)`.
  public var model = "mlp(64,32,10)"
  /// A safetensors file with the first weights; nil to draw them.
  public var weights: String?
  /// Decides the first weights that are drawn.
  public var seed: UInt64 = 7
  /// How contributors train.
  public var training = TrainingSettings()
  /// How updates are judged and merged.
  public var merge = MergePolicy()
  /// Who can read the packets.
  public var privacy = PacketPrivacy.sealedPublished
  /// Who is paid what.
  public var reward = RewardSettings()

  /// The defaults.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values.
  public mutating func read(_ fields: inout SettingsFields) {
    fields.text("name", &name)
    if name.isEmpty || name.utf8.count > Ledger.Limits.nameBytes {
      fields.report("name", .unusable(reason: "it has 1 to \(Ledger.Limits.nameBytes) bytes"))
    }
    ModelSpecification.read("model", &model, &fields)
    fields.text("weights", &weights)
    fields.whole("seed", &seed, in: 0...UInt64.max)
    fields.object("training") { training.read(&$0) }
    fields.object("merge") { merge.read(&$0) }
    PacketPrivacy.read("packetPrivacy", &privacy, &fields)
    fields.object("reward") { reward.read(&$0) }
  }

  /// Reports shares that exceed the whole.
  public func check(_ fields: SettingsFields) {
    if let conflict = reward.conflict {
      fields.report("reward.\(conflict.field)", .unusable(reason: conflict.reason))
    }
  }

  /// The first weights: from the file that the settings name, or drawn.
  ///
  /// - Throws: `EngineError` for a file that cannot be read, `LearningError` for one that is not the model's
  public func firstWeights() throws -> [Float] {
    let specification = try ModelSpecification(parsing: model)
    guard let weights else { return specification.initialWeights(seed: seed) }
    return try Safetensors.decode(
      try FileReader.read(weights, limitBytes: Safetensors.bytesLimit(of: specification.layout)),
      layout: specification.layout)
  }

  /// The task as the ledger has it.
  public func specification(of firstWeights: [Float]) -> TaskSpecification {
    TaskSpecification(
      name: name, trainer: .native(model), parameterCount: UInt64(firstWeights.count),
      firstWeights: Digest(of: FlatWeights.encode(firstWeights), in: .blob),
      firstParametersRoot: ChunkTree.over(firstWeights).root, training: training.plan, merge: merge,
      reward: reward.policy, privacy: privacy)
  }

  /// A file with a comment on every field.
  public static var documented: String {
    let defaults = TaskSettings()
    return """
      // A task: one model to be trained. Every field may be left out; unknown fields are refused.
      {
        // The task's name, for people.
        name: \(JSON5Text.quoted(defaults.name)),

        // The model: softmax(features,classes) or mlp(features,hidden,...,classes).
        model: \(JSON5Text.quoted(defaults.model)),

        // Where training starts: the weights of a safetensors file, or weights drawn by the seed.
        // weights: "start.safetensors",
        seed: \(defaults.seed),

      \(defaults.training.documented)

      \(defaults.merge.documented)

      \(defaults.privacy.documented)

      \(defaults.reward.documented)
      }
      """
  }
}
