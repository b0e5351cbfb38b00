import Foundation

/// The repository that these tests stand in.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The Swift files below a folder, in the order of their paths.
  static func swiftFiles(below folder: String) throws -> [SourceFile] {
    try paths(below: folder).filter { $0.hasSuffix(".swift") }.map { path in
      SourceFile(path: path, text: try text(of: path))
    }
  }

  /// The names of the folders directly below a folder that hold anything.
  static func folders(in folder: String) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
    return try names.filter { try !paths(below: "\(folder)/\($0)").isEmpty }.sorted()
  }

  static func text(of path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static func paths(below folder: String) throws -> [String] {
    let base = root.appendingPathComponent(folder)
    let found = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
    return found.filter { path in
      var isFolder: ObjCBool = false
      let full = base.appendingPathComponent(path).path
      return FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted().map { "\(folder)/\($0)" }
  }
}
