import Foundation
import WireSamples

/// Writes every sample to a folder, a file each, for Tests/Interop: `wire-samples FOLDER`. With `--fuzzer`
/// before the folder the files are the fuzzer's first inputs instead.
@main
enum WireSamplesCommand {
  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let isForFuzzer = arguments.first == "--fuzzer"
    if isForFuzzer { arguments.removeFirst() }
    guard arguments.count == 1, let path = arguments.first else {
      FileHandle.standardError.write(Data("usage: wire-samples [--fuzzer] FOLDER\n".utf8))
      exit(64)
    }
    let folder = URL(fileURLWithPath: path, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (sample, fuzzerInput) in zip(WireSamples.all, WireSamples.fuzzerInputs) {
      let bytes = isForFuzzer ? fuzzerInput : sample.bytes
      try Data(bytes).write(to: folder.appendingPathComponent("\(sample.name).bin"))
    }
  }
}
