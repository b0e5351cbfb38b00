import Testing

/// Every rule finds what it is there to find, and lets the rest pass.
@Suite struct RuleTests {
  private func file(_ text: String, in target: String = "Ledger") -> SourceFile {
    SourceFile(path: "Sources/\(target)/Sample.swift", text: text)
  }

  @Test func tellsCodeFromCommentsAndLiterals() {
    #expect(SwiftText.codeOnly("a // b\nc") == "a     \nc")
    #expect(SwiftText.codeOnly("a /* b /* c */ d\n*/ e") == "a               \n   e")
    #expect(SwiftText.codeOnly(#"f("a\"b") + c"#) == #"f("    ") + c"#)
    #expect(SwiftText.codeOnly(#"f("// a\(b("c") + (d))e")"#) == #"f("     (b(" ") + (d)) ")"#)
    #expect(SwiftText.codeOnly("\"\"\"\n a \"b\" {\n\"\"\" c") == "\"\"\"\n        \n\"\"\" c")
    #expect(SwiftText.codeOnly("#\"a\"b\\(c)\"# d") == "#\"       \"# d")
    #expect(SwiftText.codeOnly("\"ä\" b").hasSuffix("\" b"))
  }

  @Test func findsFunctions() {
    let text = """
      protocol P {
        func bare(a: Int) -> Int
        init(b: Int) throws(E)
        var c: Int { get }
      }
      struct S {
        public static func two(
          a: Int = f { 1 }
        ) -> Int {
          if a > 0 { return 1 }
          return 2
        }
        var p: Int {
          1
        }
        let closure: Int = { 3 }()
        init?(x: Int) { y = x }
      }
      """
    let spans = FunctionSpan.all(in: file(text).code)
    #expect(spans.map(\.name) == ["c", "two()", "p", "init()"])
    #expect(spans.map(\.firstLine) == [4, 7, 13, 17])
    #expect(spans.map(\.lineCount) == [1, 6, 3, 1])
  }

  @Test func findsLongFunctions() {
    func body(_ count: Int) -> String {
      "func f() {\n" + String(repeating: "  g()\n", count: count - 2) + "}\n"
    }
    #expect(Rules.functionSizes(in: file(body(Rules.functionLinesLimit))) == [])
    #expect(Rules.functionSizes(in: file(body(Rules.functionLinesLimit + 1))).count == 1)
  }

  @Test func findsLongFilesAndLines() {
    let limit = Rules.fileLinesLimit
    #expect(Rules.size(of: file(String(repeating: "a\n", count: limit))) == [])
    #expect(Rules.size(of: file(String(repeating: "a\n", count: limit + 1))).count == 1)
    #expect(Rules.size(of: file(String(repeating: "a", count: Rules.lineCharactersLimit))) == [])
    #expect(Rules.size(of: file(String(repeating: "a", count: Rules.lineCharactersLimit + 1))).count == 1)
  }

  @Test(arguments: [
    "// TO" + "DO: a", "let a = 1  // FIX" + "ME", "/// X" + "XX", "let a = \"/ho" + "me/me\"",
  ])
  func findsWords(line: String) {
    #expect(Rules.words(in: file(line)).count == 1)
    #expect(Rules.words(in: file("// method, todos, a home/folder")) == [])
  }

  @Test func findsCalls() {
    for line in [
      "try! a()", "a as! B", "fatalError(\"a\")", "Swift.fatalError()", "  print(a)", "x = { print(1) }",
    ] {
      #expect(Rules.calls(in: file(line)).count == 1, "\(line)")
    }
    for line in [
      "// try! a()", "try? a()", "\"print(a)\"", "a.print(b)", "blueprint(a)", "a != b", "func printed()",
    ] {
      #expect(Rules.calls(in: file(line)) == [], "\(line)")
    }
    #expect(Rules.calls(in: file("print(a)", in: "tributary")) == [])
  }

  @Test func findsPointers() {
    for line in [
      "a.withUnsafeBytes { $0 }", "var a: UnsafePointer<Int>", "nonisolated(unsafe) let a",
      "unsafeBitCast(a)",
    ] {
      #expect(Rules.pointers(in: file(line)).count == 1, "\(line)")
      #expect(Rules.pointers(in: file(line, in: "Numerics")) == [])
      #expect(Rules.pointers(in: file("import CSQLite\n\(line)", in: "Engines")) == [])
      #expect(Rules.pointers(in: file("import Foundation\n\(line)", in: "Engines")).count == 1)
    }
    #expect(Rules.pointers(in: file("// unsafe\nlet isUnsafe = true")) == [])
  }

  @Test func findsImportsThatPointUp() {
    let upward = [
      "import Ledger", "public import Engines", "@testable import tributary", "import struct Agents.A",
    ]
    for line in upward { #expect(Rules.imports(in: file(line)).count == 1, "\(line)") }
    #expect(Rules.imports(in: file("import Wire\npublic import Updates\n// import Engines")) == [])
    #expect(Rules.imports(in: file("import Wire", in: "Unheard")).count == 1)
  }

  @Test func findsImportsOfTheOutsideWorld() {
    for name in ["Foundation", "FoundationNetworking", "Dispatch", "CSQLite", "Glibc"] {
      #expect(Rules.imports(in: file("import \(name)")).count == 1, "\(name)")
    }
    #expect(Rules.imports(in: file("import Foundation", in: "Engines")) == [])
    #expect(Rules.imports(in: file("import CZlib", in: "Learning")) == [])
    #expect(Rules.imports(in: file("import CZlib", in: "Updates")).count == 1)
  }

  @Test func findsEmptyFiles() {
    #expect(Rules.declarations(in: file("// let a = 1\n")).count == 1)
    #expect(Rules.declarations(in: file("let a = 1\n")) == [])
  }

  @Test func readsTheManifest() {
    let manifest = Manifest(
      text: """
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium"),
        .target(name: "Wire", dependencies: ["CSodium"], swiftSettings: strict),
        .executableTarget(
          name: "tributary",
          dependencies: [
            "Wire", "Ledger",
          ]),
        .testTarget(name: "TidyTests", swiftSettings: strict),
        """)
    #expect(manifest.targets.map(\.name) == ["CSodium", "Wire", "tributary", "TidyTests"])
    #expect(manifest.targets.map(\.dependencies) == [[], ["CSodium"], ["Wire", "Ledger"], []])
  }
}
