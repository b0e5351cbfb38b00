/// The rules on a single file. Each takes a file and says what it has against it.
enum Rules {
  static let fileLinesLimit = 450
  static let functionLinesLimit = 70
  static let lineCharactersLimit = 110

  static let onAllFiles: [@Sendable (SourceFile) -> [Finding]] = [
    { size(of: $0) }, { functionSizes(in: $0) }, { words(in: $0) }, { declarations(in: $0) },
  ]
  static let onSources: [@Sendable (SourceFile) -> [Finding]] = [
    { calls(in: $0) }, { pointers(in: $0) }, { imports(in: $0) },
  ]

  static func size(of file: SourceFile) -> [Finding] {
    var findings: [Finding] = []
    if file.lines.count > fileLinesLimit {
      let what = "\(file.lines.count) lines exceed \(fileLinesLimit): split the file by subject"
      findings.append(Finding(path: file.path, line: file.lines.count, what: what))
    }
    for (index, line) in file.lines.enumerated() where line.count > lineCharactersLimit {
      let what = "\(line.count) characters exceed \(lineCharactersLimit)"
      findings.append(Finding(path: file.path, line: index + 1, what: what))
    }
    return findings
  }

  static func functionSizes(in file: SourceFile) -> [Finding] {
    FunctionSpan.all(in: file.code).compactMap { span in
      guard span.lineCount > functionLinesLimit else { return nil }
      let what = "\(span.name) has \(span.lineCount) lines, more than \(functionLinesLimit)"
      return Finding(path: file.path, line: span.firstLine, what: what)
    }
  }

  /// Words for work that is not done, and paths that exist on one machine only.
  static func words(in file: SourceFile) -> [Finding] {
    let unfinished = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
    let folders = ["home", "root", "tmp", "work", "opt", "Users", "mnt"].map { "/" + $0 + "/" }
    return find(in: file, lines: file.lines) { line in
      if let word = unfinished.first(where: { line.contains($0) && Self.words(of: line).contains($0) }) {
        return "\(word): finish it or file an issue"
      }
      return folders.first { line.contains($0) }.map { "\($0) is a path of one machine" }
    }
  }

  static func declarations(in file: SourceFile) -> [Finding] {
    let keywords: Set = [
      "struct", "enum", "class", "actor", "protocol", "extension", "func", "let", "var", "typealias",
      "import",
    ]
    let isEmpty = !file.code.contains { line in !keywords.isDisjoint(with: Self.words(of: line)) }
    return isEmpty ? [Finding(path: file.path, line: 1, what: "the file declares nothing")] : []
  }

  static func calls(in file: SourceFile) -> [Finding] {
    find(in: file, lines: file.code) { line in
      for call in ["try!", "as!"] where line.contains(call) { return "\(call) turns bad input into a crash" }
      guard line.contains("(") else { return nil }
      if line.firstMatch(of: /(?:^|\W)fatalError\(/) != nil {
        return "fatalError: throw, or state a precondition"
      }
      if file.target != "tributary", line.firstMatch(of: /(?:^|[^.\w])(?:debugPrint|print|dump)\(/) != nil {
        return "only the command prints"
      }
      return nil
    }
  }

  /// Unsafe pointers belong to Numerics and to the files that bind C.
  static func pointers(in file: SourceFile) -> [Finding] {
    guard file.target != "Numerics", file.imports.isDisjoint(with: Layout.unsafeImports) else { return [] }
    return find(in: file, lines: file.code) { line in
      guard line.contains("nsafe") else { return nil }
      return line.firstMatch(of: /(?:^|\W)((?:with)?[uU]nsafe\w*)/).map {
        "\($0.1) outside of Numerics and the C bindings"
      }
    }
  }

  static func imports(in file: SourceFile) -> [Finding] {
    find(in: file, lines: file.code) { line in
      SourceFile.importedModule(in: line).flatMap { Layout.objection(to: $0, in: file.target) }
    }
  }

  private static func words(of line: String) -> [String] {
    line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
  }

  private static func find(
    in file: SourceFile, lines: [String], objection: (String) -> String?
  ) -> [Finding] {
    lines.enumerated().compactMap { index, line in
      objection(line).map { Finding(path: file.path, line: index + 1, what: $0) }
    }
  }
}
