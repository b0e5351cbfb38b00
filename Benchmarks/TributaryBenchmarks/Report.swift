import Foundation

/// The results of one suite: a row per figure, beside a peer's figure from the same run where there is one.
struct Report {
  /// One figure.
  struct Row: Encodable {
    let name: String
    let value: Double
    let unit: String
    /// What the value is compared with.
    var peer: String?
    var peerValue: Double?
    /// The value over the peer's.
    var ratio: Double?
    /// A value that the figure must not pass, or that nothing can pass.
    var bound: Double?
  }

  let name: String
  private(set) var rows: [Row] = []

  init(name: String) {
    self.name = name
  }

  mutating func add(
    _ name: String, _ value: Double, unit: String, peer: (name: String, value: Double)? = nil,
    bound: Double? = nil
  ) {
    let ratio = peer.map { value / $0.value }
    rows.append(
      Row(
        name: name, value: value, unit: unit, peer: peer?.name, peerValue: peer?.value, ratio: ratio,
        bound: bound))
  }

  /// The rows as text in columns.
  var table: String {
    let header = ["figure", "value", "unit", "peer", "value", "ratio", "bound"]
    let lines = rows.map { row in
      [
        row.name, Self.text(row.value), row.unit, row.peer ?? "", Self.text(row.peerValue),
        Self.text(row.ratio),
        Self.text(row.bound),
      ]
    }
    let cells = [header] + lines
    let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    let text = cells.map { line in
      zip(line, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
    }
    return ([name] + text).joined(separator: "\n")
  }

  /// Writes the rows as JSON to NAME.json in a directory and returns the path.
  func write(to directory: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let path = "\(directory)/\(name).json"
    try encoder.encode(rows).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Four significant digits, with a suffix for thousands and more.
  private static func text(_ value: Double?) -> String {
    guard let value else { return "" }
    for (scale, suffix) in [(1e9, " G"), (1e6, " M"), (1e3, " k")] where value.magnitude >= scale {
      return String(format: "%.4g", value / scale) + suffix
    }
    return String(format: "%.4g", value)
  }
}
