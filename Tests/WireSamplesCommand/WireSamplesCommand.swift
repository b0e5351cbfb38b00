import Foundation
import WireSamples

/// Writes every sample to a folder, a file each, for Tests/Interop: `wire-samples FOLDER`.
@main
enum WireSamplesCommand {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      FileHandle.standardError.write(Data("usage: wire-samples FOLDER\n".utf8))
      exit(64)
    }
    let folder = URL(fileURLWithPath: CommandLine.arguments[1], isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for sample in WireSamples.all {
      try Data(sample.bytes).write(to: folder.appendingPathComponent("\(sample.name).bin"))
    }
  }
}
