import Foundation
import FuzzTargets

/// Writes every target's seeds to a folder, a folder each: `fuzz-seeds Tests/FuzzTargetsTests/Corpora`.
@main
enum FuzzSeeds {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      FileHandle.standardError.write(Data("usage: fuzz-seeds FOLDER\n".utf8))
      exit(64)
    }
    let root = URL(fileURLWithPath: CommandLine.arguments[1], isDirectory: true)
    for target in FuzzTargets.all {
      let folder = root.appendingPathComponent(target.name, isDirectory: true)
      try? FileManager.default.removeItem(at: folder)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for seed in target.seeds { try Data(seed.bytes).write(to: folder.appendingPathComponent(seed.name)) }
    }
  }
}
