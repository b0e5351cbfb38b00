import Foundation
import Glibc

/// A program that can be started: found, and looked at before, so that what is wrong can be said.
struct Program {
  /// The file.
  let path: String
  /// The program as it was named, and its arguments.
  let arguments: [String]
  /// The environment, as `NAME=value`.
  let environment: [String]
  /// An absolute path.
  let folder: String

  /// Finds the program of a command.
  ///
  /// - Throws: `TrainerFault.failed`, which names the remedy.
  init(_ command: TrainerCommand) throws(TrainerFault) {
    guard let name = command.arguments.first, !name.isEmpty else {
      throw .failed("its command is empty; give a program and its arguments")
    }
    guard !(command.arguments + [command.folder]).contains(where: { $0.utf8.contains(0) }) else {
      throw .failed("its command holds a zero byte")
    }
    let manager = FileManager.default
    let folder = Self.absolute(
      command.folder.isEmpty ? "." : command.folder, in: manager.currentDirectoryPath)
    guard Self.isFolder(folder) else {
      throw .failed("there is no folder \(folder); make it, or name another one")
    }
    var variables = ProcessInfo.processInfo.environment
    variables["TRIBUTARY_TRAINER"] = "1"
    path = try Self.find(name, in: folder, searching: variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
    arguments = command.arguments
    environment = variables.map { "\($0.key)=\($0.value)" }
    self.folder = folder
  }

  private static func find(
    _ name: String, in folder: String, searching searched: String
  ) throws(TrainerFault) -> String {
    if name.contains("/") {
      let path = absolute(name, in: folder)
      guard FileManager.default.fileExists(atPath: path) else {
        throw .failed("there is no file \(path); check the command")
      }
      guard isProgram(path) else {
        throw .failed(
          "\(path) cannot be executed; make it executable, or put its interpreter before it, such as python3")
      }
      return path
    }
    let places = searched.split(separator: ":").map { absolute("\($0)/\(name)", in: folder) }
    guard let path = places.first(where: isProgram) else {
      throw .failed("there is no program \"\(name)\" in PATH; install it, or give its path")
    }
    return path
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func isProgram(_ path: String) -> Bool { access(path, X_OK) == 0 && !isFolder(path) }

  private static func absolute(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") ? path : "\(folder)/\(path)"
  }
}
