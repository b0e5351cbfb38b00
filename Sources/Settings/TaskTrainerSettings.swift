import JSON5
import Ledger

/// The trainer of a task, as its author writes it: the author's own command, and what all nodes run alike.
public struct TaskTrainerSettings: Equatable, Sendable {
  /// How the author starts it; nobody else is told.
  public var process = TrainerSettings()
  /// The files, from the folder on, that every node has to run as they are there now.
  public var files: [String] = []

  /// A command that is yet to be named.
  init() {}

  /// Reads the fields that an object has; the command must be there.
  mutating func read(_ fields: inout SettingsFields) {
    process.read(&fields)
    fields.texts("files", &files, count: 0...Limits.trainerFiles)
  }

  /// The field `trainer` of a task as a comment in its file.
  static var documented: String {
    TrainerSettings.object(of: [
      "command: [\"python3\", \"trainer.py\"],", "folder: \".\",", "files: [\"trainer.py\"],",
    ])
  }
}
