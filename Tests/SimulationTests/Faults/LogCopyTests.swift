import Engines
import Ledger
import Numerics
import Testing
import Wire

@testable import Simulation

/// A node's copy of the log on a disk that tears and spoils.
@Suite struct LogCopyTests {
  private static let network = Digest(of: [1], in: .blob)

  private func records(_ count: Int) -> [OrderedRecord] {
    var head = LogHead(length: 0, chain: Self.network)
    return (0..<count).map { number in
      let bytes = [UInt8](repeating: UInt8(number), count: 1 + 3 * number)
      let (record, next) = LogChain.extend(
        head, with: LogAppend(id: Digest(of: bytes, in: .blob), bytes: bytes))
      head = next
      return OrderedRecord(record)
    }
  }

  private func restored(_ bytes: [UInt8]) -> (copy: LogCopy, records: [LogRecord]) {
    var disk = SimulatedDisk()
    disk.put(LogCopy.file, bytes)
    var copy = LogCopy(network: Self.network)
    let progress = copy.restore(disk, known: [:])
    return (copy, progress.records.map(\.record))
  }

  @Test func everyTornEndIsCutOff() {
    let all = records(4)
    let frames = all.map { RecordFrames.encode($0.record) }
    let bytes = Array(frames.joined())
    for count in 0...bytes.count {
      var (whole, length) = (0, 0)
      while whole < frames.count, length + frames[whole].count <= count {
        length += frames[whole].count
        whole += 1
      }
      let (copy, found) = restored(Array(bytes.prefix(count)))
      #expect(found == all.prefix(whole).map(\.record))
      #expect(copy.head.length == UInt64(whole))
    }
  }

  @Test func everyFlippedByteEndsTheCopyBeforeIt() {
    let all = records(3)
    let frames = all.map { RecordFrames.encode($0.record) }
    let bytes = Array(frames.joined())
    for place in bytes.indices {
      var spoiled = bytes
      spoiled[place] ^= 0x10
      let frame = place < frames[0].count ? 0 : place < frames[0].count + frames[1].count ? 1 : 2
      #expect(restored(spoiled).records == all.prefix(frame).map(\.record), "byte \(place)")
    }
  }

  @Test func recordsAreTakenOnceAndInOrder() {
    let all = records(5)
    var copy = LogCopy(network: Self.network)
    #expect(copy.take(Array(all[2...]), from: 2, length: 5).records.isEmpty, "they leave a gap")
    #expect(copy.take(Array(all[..<3]), from: 0, length: 5).records.count == 3)
    #expect(copy.take(Array(all[1..<3]), from: 1, length: 3).records.isEmpty, "they come again")
    let last = copy.take(Array(all[1...]), from: 1, length: 5)
    #expect(last.records.map(\.record) == all[3...].map(\.record))
    #expect(last.isAtEnd && !last.historyChanged)
  }

  @Test func anotherHistoryIsToldApart() {
    let all = records(3)
    var copy = LogCopy(network: Self.network)
    _ = copy.take([all[0]], from: 0, length: 1)
    let (other, _) = LogChain.extend(
      LogHead(length: 1, chain: Self.network), with: LogAppend(id: all[1].record.id, bytes: [9]))
    #expect(copy.take([OrderedRecord(other)], from: 1, length: 2).historyChanged)
  }
}
