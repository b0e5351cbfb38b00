import Numerics

/// A disk whose writes are lost or torn at a crash unless they were synced, and whose bits may flip.
struct SimulatedDisk: Sendable {
  /// A change to a file.
  enum Change: Sendable {
    /// The whole file is replaced, as `AtomicFile` does: after a crash it is the old one or the new one.
    case replace(file: String, [UInt8])
    /// Bytes go to the end of a file: after a crash any part of what was not synced may be there.
    case append(file: String, [UInt8])
  }

  private struct File: Sendable {
    var bytes: [UInt8] = []
    /// How many of the bytes no crash takes away.
    var durableCount = 0
    /// What was there before a replacement that is not synced; nil if there is none such.
    var replaced: [UInt8]?
    /// How many bytes the last sync was about.
    var syncedCount = 0
  }

  /// Whether the disk says that a sync is done when it has done that of the sync before.
  var syncsLate = false
  private var files: [String: File] = [:]

  /// A file's content; nil if it is not there.
  subscript(file: String) -> [UInt8]? { files[file]?.bytes }

  /// The names of all files, ascending.
  var names: [String] { files.keys.sorted() }

  /// Puts a file there for good.
  mutating func put(_ name: String, _ bytes: [UInt8]) {
    files[name] = File(bytes: bytes, durableCount: bytes.count, syncedCount: bytes.count)
  }

  mutating func apply(_ change: Change) {
    switch change {
    case .replace(let name, let bytes):
      var file = files[name] ?? File()
      file.replaced = file.replaced ?? file.bytes
      file.bytes = bytes
      files[name] = file
    case .append(let name, let bytes):
      files[name, default: File()].bytes += bytes
    }
  }

  mutating func sync(_ name: String) {
    guard var file = files[name] else { return }
    if syncsLate {
      (file.durableCount, file.syncedCount) = (min(file.syncedCount, file.bytes.count), file.bytes.count)
    } else {
      file.replaced = nil
      file.durableCount = file.bytes.count
    }
    files[name] = file
  }

  /// The power fails: what was not synced is lost, torn or there, as chance has it.
  mutating func crash(using random: inout SeededRandom) {
    for name in names {
      guard var file = files[name] else { continue }
      if let replaced = file.replaced {
        if random.integer(below: 2) == 0 { file.bytes = replaced }
      } else {
        let tail = file.bytes.count - file.durableCount
        file.bytes.removeLast(tail - random.integer(below: tail + 1))
      }
      file.replaced = nil
      (file.durableCount, file.syncedCount) = (file.bytes.count, file.bytes.count)
      files[name] = file.bytes.isEmpty ? nil : file
    }
  }

  /// Loses every file.
  mutating func erase() { files = [:] }

  /// Flips one bit of one file.
  ///
  /// - Parameter isAllowed: says which files it may be
  mutating func flipBit(using random: inout SeededRandom, where isAllowed: (String) -> Bool) {
    let candidates = names.filter(isAllowed)
    guard !candidates.isEmpty else { return }
    let name = candidates[random.integer(below: candidates.count)]
    guard let count = files[name]?.bytes.count, count > 0 else { return }
    files[name]?.bytes[random.integer(below: count)] ^= 1 << UInt8(random.integer(below: 8))
  }
}
