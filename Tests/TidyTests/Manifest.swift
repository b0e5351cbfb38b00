/// The targets that Package.swift declares, read from its text.
struct Manifest {
  struct Target: Equatable {
    let kind: String
    let name: String
    let dependencies: [String]
  }

  let targets: [Target]

  init(text: String) {
    let declaration = /\.(target|executableTarget|testTarget|systemLibrary)\(\s*name:\s*"([\w-]+)"/
    let starts = text.matches(of: declaration)
    let ends = starts.dropFirst().map(\.range.lowerBound) + [text.endIndex]
    targets = zip(starts, ends).map { start, end in
      let kind = String(start.1)
      let rest = text[start.range.upperBound..<end]
      let list = rest.firstMatch(of: /^,\s*dependencies:\s*\[([^\]]*)\]/)?.1 ?? ""
      let names = list.matches(of: /"([\w-]+)"/).map { String($0.1) }
      return Target(kind: kind, name: String(start.2), dependencies: names)
    }
  }
}
