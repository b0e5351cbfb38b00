/// Where a function, an initialiser or a computed property stands.
struct FunctionSpan: Equatable {
  let name: String
  let firstLine: Int
  let lineCount: Int

  /// Finds the bodies in code that `SwiftText.codeOnly` has made. A declaration without a body, as in a
  /// protocol, has none.
  static func all(in code: [String]) -> [FunctionSpan] {
    code.indices.compactMap { index in
      guard let name = declaredName(in: code[index]) else { return nil }
      return bodyEnd(in: code[index...]).map { end in
        FunctionSpan(name: name, firstLine: index + 1, lineCount: end - index + 1)
      }
    }
  }

  private static func declaredName(in line: String) -> String? {
    let keywords = ["func ", "init", "subscript", "var ", "deinit"]
    guard keywords.contains(where: { line.contains($0) }) else { return nil }
    if let match = line.firstMatch(of: /^\s*(?:@?[\w.]+(?:\([\w, :"]*\))?\s+)*?func\s+([^\s(<]+)/) {
      return "\(match.1)()"
    }
    if line.firstMatch(of: /^\s*(?:@?[\w.]+\s+)*?(?:init[?(<]|deinit\s*\{)/) != nil { return "init()" }
    if line.firstMatch(of: /^\s*(?:@?[\w.]+\s+)*?subscript\s*[(<]/) != nil { return "subscript()" }
    let property = line.firstMatch(of: /^\s*(?:@?[\w.]+(?:\([a-z]+\))?\s+)*?var\s+(\w+)\s*:[^=]*\{/)
    return property.map { String($0.1) }
  }

  // The line on which the braces that open in the declaration close again.
  private static func bodyEnd(in code: ArraySlice<String>) -> Int? {
    var braces = 0
    var parentheses = 0
    for (index, line) in zip(code.indices, code) {
      if index > code.startIndex, braces == 0, parentheses == 0, !continuesSignature(line) { return nil }
      for character in line {
        switch character {
        case "(" where braces == 0: parentheses += 1
        case ")" where braces == 0: parentheses -= 1
        case "{" where parentheses == 0: braces += 1
        case "}" where parentheses == 0:
          braces -= 1
          if braces == 0 { return index }
          if braces < 0 { return nil }
        default: break
        }
      }
    }
    return nil
  }

  private static func continuesSignature(_ line: String) -> Bool {
    line.firstMatch(of: /^\s*(?:\{|->|throws|async|rethrows|where|\))/) != nil
  }
}
