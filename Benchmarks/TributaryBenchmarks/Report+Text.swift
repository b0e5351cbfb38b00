import Foundation

// A report for people.
extension Report {
  private static let header = ["figure", "value", "unit", "peer", "peer's", "ratio", "bound", "bound by"]

  private var cells: [[String]] {
    rows.map { row in
      [
        row.name, Self.text(row.value), row.unit, row.peer ?? "", Self.text(row.peerValue),
        Self.text(row.ratio), Self.text(row.bound), row.boundBy ?? "",
      ]
    }
  }

  /// The rows as text in columns.
  var table: String {
    let lines = [Self.header] + cells
    let widths = Self.header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let text = lines.map { line in
      zip(line, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
    }
    return ([name] + text).joined(separator: "\n")
  }

  /// The rows as a Markdown table.
  var markdown: String {
    let alignment = ["---", "---:", "---", "---", "---:", "---:", "---:", "---"]
    let lines = [Self.header, alignment] + cells
    return (["### \(name)", ""] + lines.map { "| \($0.joined(separator: " | ")) |" }).joined(separator: "\n")
  }

  /// Four significant digits, with a suffix for thousands and more.
  static func text(_ value: Double?) -> String {
    guard let value else { return "" }
    for (scale, suffix) in [(1e9, " G"), (1e6, " M"), (1e4, " k")] where value.magnitude >= scale {
      return String(format: "%.4g", value / (scale == 1e4 ? 1e3 : scale)) + suffix
    }
    return String(format: "%.4g", value)
  }
}
