import Agents
public import Aggregation
import Engines
public import JSON5
import Learning
public import Ledger
import Numerics
public import Updates
import Wire

/// A task as its author writes it into a file.
public struct TaskSettings: SettingsFile, Equatable, Sendable {
  /// The task's name.
  public var name = "task"
  /// The native model: a canonical name of `ModelSpecification`, such as `mlp(64,32,10)`.
  public var model = "mlp(64,32,10)"
  /// The program that trains in its place; nil for a native model.
  public var trainer: TaskTrainerSettings?
  /// A safetensors file with the first weights; nil to draw them.
  public var weights: String?
  /// Decides the first weights that are drawn.
  public var seed: UInt64 = 7
  /// How contributors train.
  public var training = TrainingSettings()
  /// How many updates a contributor is expected to send in all; a form for so many may be advised.
  public var updatesPerContributor = 100
  /// How updates are judged and merged, but for the forms of packets and steps.
  public var merge = MergePolicy()
  /// The packets' form; nil for the one that suits the model.
  public var upForm: PacketForm?
  /// The published steps' form; nil for the one that suits the model.
  public var downForm: PacketForm?
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
    readTrainer(&fields)
    readWeights(&fields)
    fields.object("training") { training.read(&$0) }
    fields.whole("updatesPerContributor", &updatesPerContributor, in: SettingsLimits.updatesPerContributor)
    fields.object("merge") {
      merge.read(&$0)
      if $0.has("upForm") { upForm = merge.upForm }
      if $0.has("downForm") { downForm = merge.downForm }
    }
    PacketPrivacy.read("packetPrivacy", &privacy, &fields)
    fields.object("reward") { reward.read(&$0) }
    if fields.isSound("reward"), let conflict = reward.conflict {
      fields.report("reward.\(conflict.field)", .unusable(reason: conflict.reason))
    }
  }

  private mutating func readTrainer(_ fields: inout SettingsFields) {
    guard let value = fields.value("trainer") else { return }
    if fields.has("model") {
      let reason = "a trainer has a model of its own; leave out 'model', which is for native ones"
      fields.report("trainer", at: value, .unusable(reason: reason))
    }
    fields.object(value, "trainer") { inner in
      var settings = TaskTrainerSettings()
      settings.read(&inner)
      trainer = settings
    }
  }

  private mutating func readWeights(_ fields: inout SettingsFields) {
    fields.whole("seed", &seed, in: 0...UInt64.max)
    guard let value = fields.value("weights") else { return }
    weights = fields.text(value, "weights")
    if fields.has("seed") {
      let reason = "the first weights come from a file, or a seed draws them; leave out one"
      fields.report("weights", at: value, .unusable(reason: reason))
    }
  }

  /// The task as the ledger has it.
  func specification(_ trainer: TrainerSpecification, firstWeights: [Float]) -> TaskSpecification {
    var merge = merge
    merge.upForm = upForm ?? .suiting(parameterCount: firstWeights.count)
    merge.downForm = downForm ?? .suitingSteps(parameterCount: firstWeights.count)
    return TaskSpecification(
      name: name, trainer: trainer, parameterCount: UInt64(firstWeights.count),
      firstWeights: Digest(of: FlatWeights.encode(firstWeights), in: .blob),
      firstParametersRoot: ChunkTree.over(firstWeights).root, training: training.plan, merge: merge,
      reward: reward.policy, privacy: privacy)
  }

  /// A file with a comment on every field.
  public static var documented: String {
    let defaults = TaskSettings()
    let (few, window) = (PacketForm.fewUpdates, PacketForm.leastWindow)
    let freeKilobytes = PacketForm.freePayloadBytes / 1_024
    return """
      // A task: one model to be trained. Every field may be left out; unknown fields are refused.
      {
        // The task's name, for people.
        name: \(JSON5Text.quoted(defaults.name)),

        // The model: softmax(features,classes) or mlp(features,hidden,...,classes).
        model: \(JSON5Text.quoted(defaults.model)),

        // Or, in its place, a program that trains: docs/TRAINER.md. It is started here to ask for its tensors
        // and, unless there is a file, the first weights. Every node has to have the same `files` in its
        // trainer's folder. Nobody else is told the command: each node has its own.
      \(TaskTrainerSettings.documented)

        // Where training starts: weights that the model or the program draws by a seed, or a file's.
        seed: \(defaults.seed),
        // weights: "start.safetensors",

      \(defaults.training.documented)

        // Updates that a contributor is expected to send in all. Up to \(few) are too few for error
        // feedback: in windows of \(window) or more `tributary task check` advises another form.
        updatesPerContributor: \(defaults.updatesPerContributor),

      \(defaults.merge.documented(
        forms: """
          // Without forms, packets and steps of models up to \(freeKilobytes) KB have a byte a parameter, and
          // those of larger ones are sparse. Rotated packets learn most from nodes that take part seldom,
          // but backdoors get through their noise: they are for contributors whom you trust.
          // upForm: "\(defaults.merge.upForm)",
          // downForm: "\(defaults.merge.downForm)",
          """))

      \(defaults.privacy.documented)

      \(defaults.reward.documented)
      }
      """
  }
}
