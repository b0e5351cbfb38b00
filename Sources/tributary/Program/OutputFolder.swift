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

  /// Makes the folder, unless there is one with files that are not the command's.
  ///
  /// - Parameters:
  ///   - owner: what the command leaves there, in the genitive
  ///   - isOwn: whether these names in a folder may be the command's
  func make(for owner: String, where isOwn: ([String]) -> Bool) throws(UsageError) {
    guard isOwn(entries) else {
      throw UsageError(
        "\(path) holds other files than \(owner); name another folder", command: command)
    }
    try make()
  }
}
