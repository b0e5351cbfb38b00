import Aggregation
import Attribution
import Updates

/// The ledger's limits: what one message, one task or one network may hold.
public enum Limits {
  /// Validators of a network.
  public static let validators = 1_024
  /// Accounts that a genesis may fund.
  public static let genesisAllocations = 65_536
  /// All units of a network together; sums of units then never overflow.
  public static let supplyUnits: UInt64 = 1 << 62
  /// Tasks of a network.
  public static let tasks = 1_024
  /// Updates in one window: with 16-bit weights and 31-bit values a merge's sums stay within 64 bits.
  public static let updatesPerWindow = AggregationLimits.windowSize
  /// Commitments of one contributor to one task that have not been submitted yet.
  public static let openCommitmentsPerContributor = 8
  /// Letters of a network's or task's name, as UTF-8 bytes.
  public static let nameBytes = 64
  /// Letters of a trainer's name, as UTF-8 bytes.
  public static let trainerBytes = 256
  /// Tensors of a trainer that is a process.
  public static let tensors = 4_096
  /// Files of a trainer that every node runs alike.
  public static let trainerFiles = 64
  /// Letters of such a file's name.
  public static let fileNameBytes = 256
  /// Bytes of an encoded trainer's specification: a quarter of what a transaction has.
  public static let trainerSpecificationBytes = 1 << 18
  /// Passes over the data for one update.
  public static let trainingEpochs: UInt64 = 1_000
  /// Steps of training for one update.
  public static let trainingSteps: UInt64 = 1_000_000
  /// Parameters of a model.
  public static let parameters = UInt64(UpdateLimits.parameterCountLimit)
  /// The magnitude of a loss or of one credit in a row, in `LossUnits`: 65,536 nats, past which nothing can
  /// be measured.
  public static let lossUnits: Int64 = 1 << (16 + LossUnits.fractionBits)
  /// Bytes of an encoded genesis.
  public static let genesisBytes = 8 << 20
  /// Bytes of an encoded certificate.
  public static let certificateBytes = 1 << 20
  /// Bytes of an encoded set of validators.
  public static let validatorSetBytes = 1 << 16
  /// Handovers in one answer.
  public static let handovers = 256
  /// Bytes of the handovers in one answer.
  public static let handoverBytes = 4 << 20
}
