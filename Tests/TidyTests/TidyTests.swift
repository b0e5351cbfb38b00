import Testing

/// The rules on the repository as it is.
@Suite struct TidyTests {
  @Test func sourcesFollowTheRules() throws {
    let files = try Repository.swiftFiles(below: "Sources")
    #expect(files.count > 10)
    let findings = files.flatMap { file in (Rules.onAllFiles + Rules.onSources).flatMap { $0(file) } }
    for finding in findings { Issue.record("\(finding)") }
  }

  @Test func testsFollowTheRules() throws {
    let files = try Repository.swiftFiles(below: "Tests") + Repository.swiftFiles(below: "Benchmarks")
    #expect(files.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
    let findings = files.flatMap { file in Rules.onAllFiles.flatMap { $0(file) } }
    for finding in findings { Issue.record("\(finding)") }
  }

  @Test func otherTextNamesNoMachineAndNothingUnfinished() throws {
    let endings: Set = ["md", "proto", "py", "txt", "sh", ""]
    let folders = [
      "docs", "proto", "scripts", "Tests/Interop", "Tests/Faults", "python/src", "python/tests", ".ci",
    ]
    let paths = try folders.flatMap(Repository.paths)
    let texts = paths.filter { path in
      let name = path.split(separator: "/").last ?? ""
      return endings.contains(name.contains(".") ? String(name.split(separator: ".").last ?? "") : "")
    }
    #expect(texts.contains("scripts/setup") && texts.contains("docs/WIRE.md"))
    for path in texts + ["Makefile"] {
      for finding in Rules.words(in: SourceFile(path: path, text: try Repository.text(of: path))) {
        Issue.record("\(finding)")
      }
    }
  }

  @Test func everyFolderIsATarget() throws {
    let manifest = Manifest(text: try Repository.text(of: "Package.swift"))
    let declared = Set(manifest.targets.map(\.name))
    for folder in try Repository.folders(in: "Sources") {
      #expect(declared.contains(folder), "Sources/\(folder) belongs to no target: its files are dead")
      let isKnown = Layout.modules.contains(folder) || Layout.cModules.contains(folder)
      #expect(isKnown, "Sources/\(folder) is not in the module map")
    }
  }

  @Test func everyLibraryHasATestTarget() throws {
    let manifest = Manifest(text: try Repository.text(of: "Package.swift"))
    let tested = Set(manifest.targets.filter { $0.kind == "testTarget" }.map(\.name))
    for target in manifest.targets where target.kind == "target" && Layout.modules.contains(target.name) {
      #expect(tested.contains("\(target.name)Tests"), "\(target.name) has no tests of its own")
    }
  }

  @Test func packageAgreesWithTheModuleMap() throws {
    let manifest = Manifest(text: try Repository.text(of: "Package.swift"))
    #expect(manifest.targets.contains { $0.name == "Wire" })
    for target in manifest.targets where Layout.modules.contains(target.name) {
      for dependency in target.dependencies {
        let objection = Layout.objection(to: dependency, in: target.name)
        #expect(objection == nil, "Package.swift: \(objection ?? "")")
      }
    }
  }

  @Test func dependenciesAreTheImports() throws {
    let manifest = Manifest(text: try Repository.text(of: "Package.swift"))
    let files = try Repository.swiftFiles(below: "Sources")
    let ours = Set(Layout.modules).union(Layout.cModules)
    for target in manifest.targets where Layout.modules.contains(target.name) {
      let imported = files.filter { $0.target == target.name }.reduce(into: Set<String>()) {
        $0.formUnion($1.imports)
      }
      #expect(imported.intersection(ours).sorted() == target.dependencies.sorted(), "\(target.name)")
    }
  }

  @Test func everyTestThatTheThreatModelNamesExists() throws {
    let swift = try Repository.paths(below: "Tests").filter { $0.hasSuffix(".swift") }
    let python = try Repository.paths(below: "Tests").filter { $0.hasSuffix(".py") }
    let tests = try (swift + python).map(Repository.text).joined()
    let rows = try Repository.text(of: "docs/THREAT_MODEL.md").split(separator: "\n")
      .filter { $0.hasPrefix("| ") }.map { $0.split(separator: "|") }
      .filter { $0.count == 4 && !$0[3].contains("---") }
    #expect(rows.count > 20)
    for row in rows.dropFirst() {
      let names = row[3].matches(of: /`([A-Za-z_]+)`|"([^"]+)"/).map {
        $0.1.map { "func \($0)(" } ?? "\"\($0.2 ?? "")\""
      }
      #expect(!names.isEmpty, "no test shows what stops this: \(row[0])")
      for name in names {
        let isPython = name.hasPrefix("func test_")
        let declaration = isPython ? "def " + name.dropFirst(5) : name
        #expect(tests.contains(declaration), "docs/THREAT_MODEL.md names a test that is not there: \(name)")
      }
    }
  }
}
