public import Agents
import Aggregation
import Ledger
public import Wire

/// The end of the log as the gateway has applied it.
public struct HeadView: Codable, Sendable, Hashable {
  /// The network's digest.
  public let network: String
  /// The network's name.
  public let name: String
  /// Records that are applied.
  public let logLength: UInt64
  /// The hash chain after them.
  public let logChain: String
  /// The number of tasks.
  public let tasks: Int
  /// The number of contributors.
  public let contributors: Int
  /// The number of validators in force.
  public let validators: Int
  /// How many changes of the validators there have been.
  public let epoch: UInt64
}

/// A task as it stands now.
public struct TaskView: Codable, Sendable, Hashable {
  /// What trains a task's model.
  public struct Trainer: Codable, Sendable, Hashable {
    /// Whether it is a model of this program, or a process that nodes start.
    public enum Kind: String, Codable, Sendable {
      /// A native model.
      case native
      /// A process, whose tensors and files the task's creation has.
      case process
    }

    /// Which of both it is.
    public let kind: Kind
    /// The native model's canonical name, or the process's name.
    public let name: String

    init(_ specification: TrainerSpecification) {
      kind = if case .native = specification { .native } else { .process }
      name = specification.name
    }
  }

  /// The task's identifier.
  public let id: String
  /// Its name.
  public let name: String
  /// The key of its author.
  public let author: String
  /// What trains it.
  public let trainer: Trainer
  /// The number of the model's parameters.
  public let parameters: UInt64
  /// The blob with the weights of version 0.
  public let firstWeights: String
  /// The newest final version.
  public let version: UInt64
  /// Its root.
  public let root: String
  /// The window that collects.
  public let collectingWindow: UInt64
  /// The updates that it holds.
  public let collectedUpdates: Int
  /// Where the window before it stands: `collecting` if its version is final.
  public let phase: String
  /// The updates that it closes with.
  public let windowSize: UInt64
  /// How many versions an update's base may be behind the window.
  public let maximumStaleness: UInt64
  /// Bytes of a packet at most.
  public let packetBytes: Int
  /// Units that are left to pay with.
  public let escrowUnits: UInt64
}

/// A final version.
public struct VersionView: Codable, Sendable, Hashable {
  /// Its task.
  public let task: String
  /// Its number.
  public let version: UInt64
  /// Its root.
  public let root: String
  /// The blob with the step from the version before.
  public let step: String
  /// The Merkle root over the weights.
  public let parametersRoot: String
  /// The Merkle root over the accounts.
  public let accountsRoot: String
  /// The position of the log record that made it final.
  public let position: UInt64

  init(_ version: Publications.Version) {
    let header = version.header
    task = header.task.hex
    self.version = header.version
    root = header.root.hex
    step = header.step.hex
    parametersRoot = header.parametersRoot.hex
    accountsRoot = header.accountsRoot.hex
    position = version.position
  }
}

/// The weights of a version, as little-endian Float32, for those who would rather not take every step to it.
/// They hash to the root that its certificate holds.
public struct CheckpointView: Codable, Sendable, Hashable {
  /// The version.
  public let version: UInt64
  /// The blob with the weights.
  public let blob: String
  /// The blob's length.
  public let bytes: Int

  init(_ checkpoint: Publications.Checkpoint) {
    version = checkpoint.version
    blob = checkpoint.blob.hex
    bytes = checkpoint.bytes
  }
}

/// A key's account, and what its next transactions carry.
public struct AccountView: Codable, Sendable, Hashable {
  /// What the key has to do with one task.
  public struct TaskPart: Codable, Sendable, Hashable {
    /// The task.
    public let task: String
    /// The sequence number of the key's last commitment; the next one is greater.
    public let sequence: UInt64
    /// Its commitments that are not submitted, or whose updates wait for a window.
    public let openCommitments: Int
    /// What its updates have earned in credit, in units of 2^-32 of loss.
    public let credit: Int64
  }

  /// The key.
  public let key: String
  /// Units that can be spent.
  public let balanceUnits: UInt64
  /// Units that answer for the key's conduct.
  public let bondUnits: UInt64
  /// The nonce that the key's next account transaction carries.
  public let nonce: UInt64
  /// Whether the key is a contributor.
  public let isContributor: Bool
  /// Its stake in the validators in force, in units; zero if it is none of them.
  public let stakeUnits: UInt64
  /// Its stake in sets of validators to come, in units: what it can take back.
  public let bondedStakeUnits: UInt64
  /// The tasks that the key has sent updates to.
  public let tasks: [TaskPart]

  init(_ key: PublicKey, in replica: Replica) {
    let account = replica.accounts[key]
    self.key = key.hex
    balanceUnits = account.balanceUnits
    bondUnits = account.bondUnits
    nonce = account.nonce
    isContributor = replica.contributors.contains(key)
    stakeUnits = replica.validators.stakeUnits(of: key) ?? 0
    bondedStakeUnits = replica.bondedStakeUnits(of: key)
    tasks = replica.tasks.values.filter { $0.sequence(of: key) > 0 }.sorted { $0.id < $1.id }.map {
      TaskPart(
        task: $0.id.hex, sequence: $0.sequence(of: key),
        openCommitments: $0.openCommitmentCount(of: key), credit: $0.credits[key]?.total ?? 0)
    }
  }

  /// What a contributor to a task goes on from when it starts again.
  public func standing(in task: Digest) -> Contributor.Standing {
    let sequence = tasks.first { $0.task == task.hex }?.sequence ?? 0
    return Contributor.Standing(isRegistered: isContributor, nonce: nonce, sequence: sequence)
  }
}

/// What became of one update.
public struct ReceiptView: Codable, Sendable, Hashable {
  /// The task.
  public let task: String
  /// The window that the update reached, or that collected when it was given back.
  public let window: UInt64
  /// The update's packet.
  public let packet: String
  /// How many versions the window was ahead of the update's base.
  public let staleness: UInt64
  /// `admit`, why it was rejected, or `returned` if it was given back unjudged.
  public let verdict: String
  /// Why, and what to do about it; absent if it was admitted.
  public let explanation: String?
  /// The weight in the merge.
  public let weight: UInt16
  /// The credit, in units of 2^-32 of loss.
  public let credit: Int64
  /// What was paid for it, in units.
  public let paidUnits: UInt64

  private static let returned = "returned"

  /// Whether the update was given back, since others followed the validators that it is sealed to.
  public var isReturned: Bool { verdict == Self.returned }

  init(_ receipt: Receipt) {
    task = receipt.task.hex
    window = receipt.window
    packet = receipt.packet.hex
    staleness = receipt.staleness
    verdict =
      switch receipt.verdict {
      case .admit: "admit"
      case .reject(let reason): reason.name
      case nil: Self.returned
      }
    explanation = receipt.explanation
    weight = receipt.weight
    credit = receipt.credit
    paidUnits = receipt.paidUnits
  }
}

/// Where an order stands in the log, and that it was applied.
public struct OrderView: Codable, Sendable, Hashable {
  /// The envelope's identifier.
  public let id: String
  /// The record's position in the log.
  public let position: UInt64
}

/// How a gateway is.
public struct HealthView: Codable, Sendable, Hashable {
  /// `ok`, or what is wrong.
  public let status: String
  /// Records of the log that are not applied yet.
  public let lag: UInt64
}
