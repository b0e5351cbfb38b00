import Foundation

/// The results of one suite: a row per figure, beside a peer's figure from the same run where there is one.
struct Report {
  /// A figure to hold another against, and where it comes from.
  typealias Mark = (name: String, value: Double)

  /// One figure.
  struct Row: Encodable {
    let name: String
    let value: Double
    let unit: String
    /// What the value is compared with.
    let peer: String?
    let peerValue: Double?
    /// The value over the peer's.
    let ratio: Double?
    /// A value that the figure must not pass, or that nothing can pass on this machine.
    let bound: Double?
    /// What sets the bound.
    let boundBy: String?
  }

  let name: String
  private(set) var rows: [Row] = []

  /// Starts a suite's report, and says so.
  init(name: String) {
    self.name = name
    Progress.say(name)
  }

  /// Adds a figure.
  mutating func add(
    _ name: String, _ value: Double, unit: String, peer: Mark? = nil, bound: Mark? = nil
  ) {
    Progress.say("  \(name): \(Self.text(value)) \(unit)")
    rows.append(
      Row(
        name: name, value: value, unit: unit, peer: peer?.name, peerValue: peer?.value,
        ratio: peer.map { value / $0.value }, bound: bound?.value, boundBy: bound?.name))
  }

  /// Writes the rows as JSON to NAME.json in a folder and returns the path.
  func write(to folder: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = "\(folder)/\(name).json"
    try encoder.encode(rows).write(to: URL(fileURLWithPath: path))
    return path
  }
}

/// Lines on standard error that say what is being measured.
enum Progress {
  static func say(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
  }
}
