import Foundation
import Trainers

@testable import Settings

/// A folder with the trainer that `TrainersTests` misuses: 3 features, 2 outputs, in Python's own library.
struct TrainerFixture {
  /// The folder's path.
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "trainer-" + UUID().uuidString
    let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: own.path + "/TrainersTests/Fixtures/trainer.py", toPath: folder + "/trainer.py")
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
  }

  /// The settings of a node that runs it.
  func settings(_ ways: String...) -> TrainerSettings {
    var settings = TrainerSettings()
    settings.command.arguments = ["python3", "trainer.py"] + ways
    settings.command.folder = folder
    return settings
  }

  /// A field `trainer` of a file.
  func field(_ way: String = "good", files: String = "'trainer.py'") -> String {
    "trainer: { command: ['python3', 'trainer.py', '\(way)'], folder: '\(folder)', files: [\(files)] }"
  }
}
