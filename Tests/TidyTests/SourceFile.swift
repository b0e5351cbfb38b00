import Foundation

/// A Swift file of the repository.
struct SourceFile {
  /// The path from the repository's root.
  let path: String
  /// The text's lines.
  let lines: [String]
  /// The lines with comments and the contents of string literals blanked out.
  let code: [String]

  /// Splits a file's text.
  init(path: String, text: String) {
    self.path = path
    lines = Self.split(text)
    code = Self.split(SwiftText.codeOnly(text))
  }

  /// The folder below `Sources` or `Tests`: the target that the file belongs to.
  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  /// The modules that the file imports, without the names of the declarations in them.
  var imports: Set<String> { Set(code.compactMap(Self.importedModule)) }

  /// The module that a line of code imports; nil if it imports none.
  static func importedModule(in line: String) -> String? {
    guard line.utf8.count < 120, line.contains("import ") else { return nil }
    let expression = /^\s*(?:@\w+ )*(?:[a-z]+ )?import (?:[a-z]+ )?(\w+)/
    return line.firstMatch(of: expression).map { String($0.1) }
  }

  private static func split(_ text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// What a rule has against a line of a file.
struct Finding: Equatable, CustomStringConvertible {
  let path: String
  let line: Int
  let what: String

  var description: String { "\(path):\(line): \(what)" }
}
