public import Aggregation
import Numerics
public import Wire

/// What a task pays for each version, and to whom.
public struct RewardPolicy: Sendable, Hashable {
  /// All basis points.
  public static let wholeBasisPoints: UInt64 = 10_000

  /// Units paid for a version, while the escrow lasts.
  public let unitsPerVersion: UInt64
  /// The author's part, in basis points.
  public let authorBasisPoints: UInt64
  /// The validators' part, in basis points; the contributors have the rest.
  public let validatorBasisPoints: UInt64

  /// Creates a policy.
  public init(unitsPerVersion: UInt64, authorBasisPoints: UInt64, validatorBasisPoints: UInt64) {
    self.unitsPerVersion = unitsPerVersion
    self.authorBasisPoints = authorBasisPoints
    self.validatorBasisPoints = validatorBasisPoints
  }

  /// Splits an amount between author, validators and contributors, to the unit.
  func split(_ units: UInt64) -> (author: UInt64, validators: UInt64, contributors: UInt64) {
    let rest = Self.wholeBasisPoints - authorBasisPoints - validatorBasisPoints
    let parts = LargestRemainder.split(units, by: [authorBasisPoints, validatorBasisPoints, rest])
    return (parts[0], parts[1], parts[2])
  }
}

extension RewardPolicy: WireMessage {
  /// The name in the schema.
  public static let wireName = "RewardPolicy"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.uint64(unitsPerVersion, field: 1)
    writer.uint64(authorBasisPoints, field: 2)
    writer.uint64(validatorBasisPoints, field: 3)
  }

  /// Reads the fields; author and validators together get at most the whole.
  public init(from reader: inout WireReader) throws(WireError) {
    unitsPerVersion = try reader.uint64(1, maximum: Limits.supplyUnits)
    authorBasisPoints = try reader.uint64(2, maximum: Self.wholeBasisPoints)
    validatorBasisPoints = try reader.uint64(3, maximum: Self.wholeBasisPoints)
    guard authorBasisPoints + validatorBasisPoints <= Self.wholeBasisPoints else {
      throw reader.fault(.invalidValue, field: 3, "author and validators get more than the whole")
    }
  }
}

/// One model to be trained: its trainer, first weights, merge policy and reward policy.
public struct TaskSpecification: Sendable, Hashable {
  /// The task's name.
  public let name: String
  /// What trains it.
  public let trainer: TrainerSpecification
  /// The number of parameters of the flat vector.
  public let parameterCount: UInt64
  /// The blob with the first weights: `parameterCount` little-endian Float32.
  public let firstWeights: Digest
  /// The Merkle root over the first weights' chunks.
  public let firstParametersRoot: Digest
  /// How contributors train.
  public let training: TrainingPlan
  /// How updates are judged and merged.
  public let merge: MergePolicy
  /// What is paid for a version.
  public let reward: RewardPolicy
  /// Who can read the packets.
  public let privacy: PacketPrivacy

  /// Creates a specification.
  public init(
    name: String, trainer: TrainerSpecification, parameterCount: UInt64, firstWeights: Digest,
    firstParametersRoot: Digest, training: TrainingPlan, merge: MergePolicy, reward: RewardPolicy,
    privacy: PacketPrivacy = .sealedPublished
  ) {
    self.name = name
    self.trainer = trainer
    self.parameterCount = parameterCount
    self.firstWeights = firstWeights
    self.firstParametersRoot = firstParametersRoot
    self.training = training
    self.merge = merge
    self.reward = reward
    self.privacy = privacy
  }
}

extension TaskSpecification: WireMessage {
  /// The name in the schema.
  public static let wireName = "TaskSpecification"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.string(name, field: 1)
    writer.message(trainer, field: 2)
    writer.uint64(parameterCount, field: 3)
    writer.digest(firstWeights, field: 4)
    writer.digest(firstParametersRoot, field: 5)
    writer.message(training, field: 6)
    writer.message(merge, field: 7)
    writer.message(reward, field: 8)
    writer.uint64(privacy.rawValue, field: 9)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    name = try reader.string(1, maximumByteCount: Limits.nameBytes)
    trainer = try reader.message(2, maximumByteCount: Limits.trainerSpecificationBytes)
    parameterCount = try reader.uint64(3, maximum: Limits.parameters)
    guard !name.isEmpty, parameterCount > 0 else {
      throw reader.fault(.missingField, field: 1, "a task has a name and parameters")
    }
    if case .process(let process) = trainer, UInt64(process.layout.count) != parameterCount {
      throw reader.fault(
        .invalidValue, field: 3, "the trainer's tensors hold \(process.layout.count) parameters")
    }
    firstWeights = try reader.digest(4)
    firstParametersRoot = try reader.digest(5)
    training = try reader.message(6)
    merge = try reader.message(7)
    reward = try reader.message(8)
    let code = try reader.uint64(9)
    guard let privacy = PacketPrivacy(rawValue: code) else {
      throw reader.fault(.invalidValue, field: 9, "there is no privacy \(code) of packets")
    }
    self.privacy = privacy
  }
}
