import Agents
import Aggregation
import Attribution
import Engines
import Learning
import Ledger
import Wire

/// A process of the simulated network, as a value: what happens to it goes in, and out comes what it does, in
/// order.
///
/// A crash may fall between any two effects. The node is dropped then, and starts again from its disk, as the
/// daemon that it stands for would.
protocol SimulatedNode: Sendable {
  /// Takes an input.
  ///
  /// - Parameters:
  ///   - input: what happens
  ///   - disk: the node's disk, to read
  ///   - clock: the node's own clock, in seconds
  mutating func handle(_ input: NodeInput, _ disk: SimulatedDisk, clock: Double) -> [Effect]
}

/// Names a process.
struct NodeID: Hashable, Comparable, CustomStringConvertible, Sendable {
  enum Role: String, Sendable, CaseIterable {
    /// Orders records, as a JetStream cluster does.
    case log
    /// Keeps blobs, each in two copies.
    case blobs
    case gateway
    case validator
    case contributor

    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  let role: Role
  var index = 0

  static let log = NodeID(role: .log)
  static let blobs = NodeID(role: .blobs)

  var description: String {
    switch role {
    case .log: "the log"
    case .blobs: "the blob store"
    case .gateway, .validator, .contributor: "\(role.rawValue) \(index)"
    }
  }

  static func < (left: NodeID, right: NodeID) -> Bool {
    (left.role.rank, left.index) < (right.role.rank, right.index)
  }
}

/// What happens to a node.
enum NodeInput: Sendable {
  /// It is switched on, for the how many-th time: its disk is what is left of the life before. Records whose
  /// signatures were checked before are known by their chain digests.
  case started(life: Int, known: [Digest: OrderedRecord])
  case message(Message, from: NodeID)
  case alarm(Alarm)
  case worked(Outcome)
}

/// What nodes tell each other. The numbers are the asker's: an answer carries that of its question.
enum Message: Sendable {
  case append(UInt64, LogAppend)
  case appended(UInt64)
  case read(from: UInt64)
  /// Records from a position on, and the log's length.
  case records(from: UInt64, [OrderedRecord], length: UInt64)
  case put(UInt64, [UInt8])
  case stored(UInt64)
  case get(UInt64, Digest)
  /// A blob; nil if it is not there.
  case blob(UInt64, [UInt8]?)
  case ask(UInt64, Question)
  case answer(UInt64, Answer)
  /// A version is final, as gateways announce it.
  case news(version: UInt64)
}

/// What a contributor asks of a gateway.
enum Question: Sendable {
  case order([UInt8])
  case upload(packet: [UInt8], submission: [UInt8])
  case pull(after: UInt64, epoch: UInt64)
  case standing
  case news
}

/// What a gateway answers.
enum Answer: Sendable {
  /// The order stands in the log, and was not passed over.
  case accepted
  case refused(GatewayRefusal)
  case pulled(PublishedVersion)
  case standing(Contributor.Standing)
  /// The newest version, the epoch of the validators in force, and the asker's packets that were given back.
  case news(version: UInt64, epoch: UInt64, returned: [Digest])
}

/// What a node set itself to do later, by its own clock.
enum Alarm: Sendable {
  /// Repeat a question that has no answer yet.
  case retry(UInt64)
  /// Look whether there is anything new.
  case poll
  /// A committee may have had enough time.
  case overdue(task: Digest, window: UInt64, round: UInt64)
  /// Try once more what failed.
  case again(Digest)
}

/// What a node does.
enum Effect: Sendable {
  /// Changes a file; a crash may undo it until it is synced.
  case write(SimulatedDisk.Change)
  case sync(file: String)
  case send(Message, to: NodeID)
  case alarm(Alarm, afterSeconds: Double)
  /// Computes something, which takes time.
  case work(Work)
  /// Says what the invariants are held against. It is no step that a crash could fall before.
  case note(Observation)
}

/// What takes time.
enum Work: Sendable {
  case train([Float], TrainingConfiguration)
  case measureRoots(task: Digest, window: UInt64, weights: [Float])
  case measureCredits(task: Digest, version: UInt64, CreditedMerge)
  /// Merges everything from the first weights on.
  case recompute(versions: ClosedRange<UInt64>)
}

/// What work came to.
enum Outcome: Sendable {
  /// What is to be sent of a training: one result, or the deltas of whoever floods.
  case trained(TrainingResult, deltas: [[Float]])
  case trainingFailed(String)
  case rootsMeasured(task: Digest, window: UInt64, RootUpdates)
  case creditsMeasured(task: Digest, version: UInt64, CreditRow)
  /// The states of the versions asked for, the newest first.
  case recomputed([ModelState])
}

/// What the invariants are held against.
enum Observation: Sendable {
  /// The log holds these records after a restart.
  case restored([OrderedRecord])
  /// The log, or a gateway, said that a record stands.
  case promised(Digest)
  /// A replica has applied a record.
  case applied(OrderedRecord, Replica)
  /// A validator has computed a version to its certified header.
  case computed(ModelState)
  /// Somebody could not go on, and why.
  case stopped(String)
  /// Somebody cannot know what it has signed, and leaves it to its operator to go on.
  case awaitsOperator
  /// A follower refused what a gateway handed out.
  case misled(String)
  /// A contributor holds a version.
  case holds(version: UInt64)
  /// A node has been through something.
  case met(Encounter)
}

/// A record in the log, with its signature checked once for all replicas.
struct OrderedRecord: Sendable {
  let record: LogRecord
  let checked: Replica.CheckedRecord

  init(_ record: LogRecord) {
    self.record = record
    checked = Replica.CheckedRecord(record.bytes, id: record.id)
  }
}
