import Engines
import Ledger
import Wire

/// A node's own copy of the log on its disk, as far as the node has read it.
///
/// As with `LogMirror`, a record is on the disk before the node acts on it, and what the log shows later has
/// to lead on from the copy. What a crash tore, or a flipped bit spoiled, is cut off and read again.
struct LogCopy: Sendable {
  /// Where a copy stands after records were taken up.
  struct Progress {
    /// What is to be done before the records are acted on.
    var effects: [Effect] = []
    /// The records that are new.
    var records: [OrderedRecord] = []
    /// Whether they are the log's last.
    var isAtEnd = false
    /// Whether the log does not lead on from the copy.
    var historyChanged = false
  }

  static let file = "log"

  private(set) var head: LogHead

  /// An empty copy of a network's log.
  init(network: Digest) {
    head = LogHead(length: 0, chain: network)
  }

  /// Goes on from what is on the disk.
  ///
  /// - Parameter known: as `RecordFrames.decode` takes them
  mutating func restore(_ disk: SimulatedDisk, known: [Digest: OrderedRecord]) -> Progress {
    guard let bytes = disk[Self.file] else { return Progress(effects: [read]) }
    var progress = Progress()
    let (records, count) = RecordFrames.decode(bytes, after: head, known: known)
    progress.records = records
    if let last = records.last { head = LogHead(length: UInt64(records.count), chain: last.record.chain) }
    if count < bytes.count {
      progress.effects = [
        .write(.replace(file: Self.file, Array(bytes.prefix(count)))), .sync(file: Self.file),
        .note(.met(.cutCopy)),
      ]
    }
    progress.effects.append(read)
    return progress
  }

  /// Asks for what comes next.
  var read: Effect { .send(.read(from: head.length), to: .log) }

  /// Takes up records that the log sent, as far as they lead on.
  mutating func take(_ records: [OrderedRecord], from position: UInt64, length: UInt64) -> Progress {
    var progress = Progress()
    guard position <= head.length else {
      progress.effects = [read]
      return progress
    }
    // Late messages show a log that was shorter.
    for ordered in records.dropFirst(Int(head.length - position)) {
      guard LogChain.accepts(ordered.record, after: head) else {
        progress.historyChanged = true
        return progress
      }
      head = LogHead(length: head.length + 1, chain: ordered.record.chain)
      progress.records.append(ordered)
    }
    if !progress.records.isEmpty {
      let frames = progress.records.flatMap { RecordFrames.encode($0.record) }
      progress.effects = [.write(.append(file: Self.file, frames)), .sync(file: Self.file)]
    }
    progress.isAtEnd = head.length == length
    return progress
  }
}
