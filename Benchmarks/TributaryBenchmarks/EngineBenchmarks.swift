import Engines
import Foundation
import Numerics
import Wire

/// The embedded engines against the disk: an append and a put return only when the disk has the bytes.
enum EngineBenchmarks {
  /// A transaction is some hundred bytes, an assessment of a large window a few thousand.
  private static let recordBytes = 1_024
  /// A packet of 1 M parameters.
  private static let blobBytes = 19_000
  private static let recordCount = 1_024
  private static let singleCount = 200
  private static let fsyncCount = 200
  private static let blobCount = 200
  private static let runs = 5

  static func run() async throws -> Report {
    var report = Report(name: "engines")
    try await TemporaryFolder.with { folder in
      let disk = try Disk(in: folder)
      try await log(in: folder, disk, &report)
      try await blobs(in: folder, disk, &report)
    }
    return report
  }

  /// How often a second the disk at a folder has new bytes over old ones.
  static func fsyncsPerSecond(in folder: String) throws -> Double {
    let disk = try Disk(in: folder)
    let seconds = try Stopwatch.medianSeconds(runs: runs) { try disk.overwrite(times: fsyncCount) }
    return Double(fsyncCount) / seconds
  }

  /// What the disk does at most: writing, and waiting until it is done.
  private struct Disk {
    private let file: FileHandle
    private let bytes = Data(repeating: 7, count: recordBytes)

    init(in folder: String) throws {
      let path = "\(folder)/disk"
      guard FileManager.default.createFile(atPath: path, contents: bytes),
        let file = FileHandle(forWritingAtPath: path)
      else { throw BenchmarkError("\(path) cannot be written") }
      self.file = file
    }

    /// Over bytes that are there already, as SQLite writes its log ahead.
    func overwrite(times: Int) throws {
      for _ in 0..<times {
        try file.seek(toOffset: 0)
        try file.write(contentsOf: bytes)
        try file.synchronize()
      }
    }

    /// To the end of a file, whose new length has to be kept as well.
    func extend(times: Int) throws {
      try file.seekToEnd()
      for _ in 0..<times {
        try file.write(contentsOf: bytes)
        try file.synchronize()
      }
    }
  }

  private static func log(in folder: String, _ disk: Disk, _ report: inout Report) async throws {
    let log = try await SQLiteLog.open("\(folder)/log.sqlite", network: .zero)
    var random = SeededRandom(seed: 15)
    for size in [1, 64, 1_024] {
      let count = size == 1 ? singleCount : recordCount
      // One batch more for each run, the first of which is not counted: a log keeps a record once.
      var batches = (0..<(runs + 1) * count / size).map { _ in records(size, &random) }[...]
      let seconds = try await Stopwatch.medianSeconds(runs: runs) {
        for batch in batches.prefix(count / size) { _ = try await log.append(batch) }
        batches = batches.dropFirst(count / size)
      } against: {
        try disk.overwrite(times: fsyncCount)
      }
      report.add(
        "SQLiteLog, \(size) of 1 KB an append", Double(count) / seconds.first, unit: "records/s",
        bound: ("overwrite 1 KB, fsync", Double(fsyncCount * size) / seconds.second))
    }
    try await log.close()
  }

  private static func blobs(in folder: String, _ disk: Disk, _ report: inout Report) async throws {
    let store = try await FileBlobStore.open("\(folder)/blobs")
    var random = SeededRandom(seed: 16)
    var blobs = (0..<(runs + 1) * blobCount).map { _ in bytes(blobBytes, &random) }[...]
    let seconds = try await Stopwatch.medianSeconds(runs: runs) {
      for blob in blobs.prefix(blobCount) { _ = try await store.put(blob) }
      blobs = blobs.dropFirst(blobCount)
    } against: {
      try disk.extend(times: fsyncCount)
    }
    // The file and the name of a blob are synchronised one after the other.
    report.add(
      "FileBlobStore, 19 KB a put", Double(blobCount) / seconds.first, unit: "blobs/s",
      bound: ("append 1 KB, fsync, twice", Double(fsyncCount) / seconds.second / 2))
    await store.close()
  }

  private static func records(_ count: Int, _ random: inout SeededRandom) -> [LogAppend] {
    (0..<count).map { _ in
      let bytes = bytes(recordBytes, &random)
      return LogAppend(id: Digest(of: bytes, in: .blob), bytes: bytes)
    }
  }

  private static func bytes(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }
}
