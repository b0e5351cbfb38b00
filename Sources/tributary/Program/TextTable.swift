/// Rows of columns for a terminal.
enum TextTable {
  /// Names and values, one of each a line.
  static func pairs(_ pairs: [(name: String, value: String)]) -> String {
    lines(pairs.map { [$0.name, $0.value] }, leftAligned: [0, 1]).joined(separator: "\n")
  }

  /// The rows as lines, each column as wide as its widest cell.
  ///
  /// - Parameter leftAligned: the columns that are no numbers
  static func lines(_ rows: [[String]], leftAligned: Set<Int> = [0]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.compactMap { $0.count > column ? $0[column].count : nil }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.indices.map { column in
        leftAligned.contains(column)
          ? row[column].padded(to: widths[column]) : row[column].leftPadded(to: widths[column])
      }
      return cells.joined(separator: "  ").withoutTrailingSpaces
    }
  }
}
