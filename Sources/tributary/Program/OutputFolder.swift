import Foundation

/// A folder that a command writes its results into.
struct OutputFolder {
  let path: String
  /// The command, for errors.
  let command: String

  /// The names in the folder; none if it is not there.
  var entries: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

  /// Makes the folder, and those that it lies in, unless they are there.
  func make() throws(UsageError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw UsageError(
        "the folder \(path) cannot be made; make it yourself or name another", command: command)
    }
  }
}
