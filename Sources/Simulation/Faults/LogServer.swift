import Engines
import Wire

/// Puts records into one order, as a JetStream cluster does: a record is on the disk before anybody hears of
/// it, and one that is sent again because its answer was lost stands where it stood.
struct LogServer: SimulatedNode {
  private static let pageRecords = 64

  private let followers: [NodeID]
  /// Whether a record that is sent again is put into the log again.
  private let isForgetful: Bool
  private var records: [OrderedRecord] = []
  private var ids: Set<Digest> = []
  private var head: LogHead

  /// - Parameters:
  ///   - network: whose log it is
  ///   - followers: who is sent new records
  ///   - isForgetful: whether it does without looking for what it has, which is a bug
  init(network: Digest, followers: [NodeID], isForgetful: Bool) {
    head = LogHead(length: 0, chain: network)
    self.followers = followers
    self.isForgetful = isForgetful
  }

  mutating func handle(_ input: NodeInput, _ disk: SimulatedDisk, clock: Double) -> [Effect] {
    switch input {
    case .started(_, let known): return restore(disk, known)
    case .message(.append(let number, let append), let sender):
      let isResent = ids.contains(append.id)
      let effects = isForgetful || !isResent ? add(append) : [.note(.met(.resent))]
      return effects + [.note(.promised(append.id)), .send(.appended(number), to: sender)]
    case .message(.read(let position), let sender): return [page(from: position, to: sender)]
    default: return []
    }
  }

  private mutating func restore(_ disk: SimulatedDisk, _ known: [Digest: OrderedRecord]) -> [Effect] {
    let bytes = disk[LogCopy.file] ?? []
    let count: Int
    (records, count) = RecordFrames.decode(bytes, after: head, known: known)
    ids = Set(records.map(\.record.id))
    if let last = records.last { head = LogHead(length: UInt64(records.count), chain: last.record.chain) }
    var effects: [Effect] = []
    if count < bytes.count {
      effects = [
        .write(.replace(file: LogCopy.file, Array(bytes.prefix(count)))), .sync(file: LogCopy.file),
        .note(.met(.cutCopy)),
      ]
    }
    return effects + [.note(.restored(records))]
  }

  private mutating func add(_ append: LogAppend) -> [Effect] {
    let (record, next) = LogChain.extend(head, with: append)
    let ordered = OrderedRecord(record)
    records.append(ordered)
    ids.insert(record.id)
    head = next
    return [
      .write(.append(file: LogCopy.file, RecordFrames.encode(record))), .sync(file: LogCopy.file),
    ] + followers.map { page(from: record.position.index, to: $0) }
  }

  private func page(from position: UInt64, to receiver: NodeID) -> Effect {
    let page = Array(records.dropFirst(Int(min(position, head.length))).prefix(Self.pageRecords))
    return .send(.records(from: position, page, length: head.length), to: receiver)
  }
}
