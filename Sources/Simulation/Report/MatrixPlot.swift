/// The validation matrix of one window: a row a validator, a column an update, columns by group.
struct MatrixPlot {
  let matrix: RunRecord.Matrix
  /// The reasons that occur, each with the letter that marks its cells.
  let marks: [(reason: String, letter: Character)]
  private let styles: GroupStyles
  /// The matrix's columns, those of one group next to each other.
  private let columns: [Int]

  /// Takes the last of the windows with most rejected cells; nil if no window has a cell.
  init?(_ run: RunRecord, styles: GroupStyles) {
    let judged = run.matrices.filter { !$0.rows.isEmpty && !$0.groups.isEmpty }
    guard let most = judged.map(Self.rejectedCells).max(),
      let chosen = judged.last(where: { Self.rejectedCells($0) == most })
    else { return nil }
    matrix = chosen
    self.styles = styles
    marks = Self.marks(of: chosen)
    columns = chosen.groups.indices.sorted { left, right in
      (styles.order(chosen.groups[left]), left) < (styles.order(chosen.groups[right]), right)
    }
  }

  var description: String {
    let reasons = Set(matrix.rows.flatMap { $0.compactMap(\.rejection) }).sorted()
    let found = reasons.isEmpty ? "none rejected" : "rejected as " + reasons.joined(separator: ", ")
    return "Window \(matrix.window): \(matrix.rows.count) validators by \(matrix.groups.count) updates; "
      + "\(Self.rejectedCells(matrix)) cells \(found)."
  }

  private static func rejectedCells(_ matrix: RunRecord.Matrix) -> Int {
    matrix.rows.reduce(0) { $0 + $1.filter { $0.rejection != nil }.count }
  }

  /// A letter for each reason: its first one that no other has.
  private static func marks(of matrix: RunRecord.Matrix) -> [(reason: String, letter: Character)] {
    var used: Set<Character> = []
    return Set(matrix.rows.flatMap { $0.compactMap(\.rejection) }).sorted().map { reason in
      let candidates = Array(reason.uppercased().filter(\.isLetter)) + Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
      let letter = candidates.first { !used.contains($0) } ?? "?"
      used.insert(letter)
      return (reason, letter)
    }
  }

  func drawing(_ layout: PlotLayout) -> Markup {
    let grid = Grid(layout, columns: columns.count, rows: matrix.rows.count, groups: groupCount)
    var content: [Markup] = []
    var top = grid.labelHeight
    for band in bands(grid.columnsPerBand) {
      content += rowNames(top: top, grid)
      content += cells(band, top: top, grid)
      top += grid.bandHeight
    }
    return SVG.drawing(
      id: "matrix", title: "Validation matrix of window \(matrix.window)", description: description,
      size: (layout.width, top - grid.labelHeight + 4), layout: layout, content)
  }

  private var groupCount: Int { Set(matrix.groups).count }

  private func bands(_ length: Int) -> [ArraySlice<Int>] {
    stride(from: 0, to: columns.count, by: length).map { columns[$0..<min($0 + length, columns.count)] }
  }

  private func rowNames(top: Double, _ grid: Grid) -> [Markup] {
    matrix.rows.indices.map { row in
      let name = row < matrix.validators.count ? matrix.validators[row] : "validator \(row + 1)"
      let y = top + (Double(row) + 0.5) * grid.cellHeight + 4
      return SVG.text(String(name.prefix(10)), x: grid.left - 8, y: y, "tick", anchor: "end")
    }
  }

  private func cells(_ band: ArraySlice<Int>, top: Double, _ grid: Grid) -> [Markup] {
    var content: [Markup] = []
    var x = grid.left
    var previous: String?
    for column in band {
      let group = matrix.groups[column]
      if group != previous {
        if previous != nil { x += grid.gap }
        let style = "label \(styles.style(group))"
        content.append(SVG.risingText(group, x: x + grid.cellWidth / 2, y: top - 6, degrees: 50, style))
        previous = group
      }
      for (row, cells) in matrix.rows.enumerated() where column < cells.count {
        let y = top + Double(row) * grid.cellHeight
        content += cell(cells[column], column: column, x: x, y: y, grid)
      }
      x += grid.cellWidth
    }
    return content
  }

  private func cell(
    _ cell: RunRecord.Cell, column: Int, x: Double, y: Double, _ grid: Grid
  ) -> [Markup] {
    let sender = column < matrix.contributors.count ? matrix.contributors[column] : ""
    let width = grid.cellWidth - 1.5
    let height = grid.cellHeight - 1.5
    if let reason = cell.rejection {
      let tip = "\(sender), \(matrix.groups[column]): rejected, \(reason)"
      var content = [SVG.rectangle(x: x, y: y, width: width, height: height, "rejected", tip: tip)]
      if grid.cellWidth >= 9, let mark = marks.first(where: { $0.reason == reason }) {
        let middle = (x: x + width / 2, y: y + height / 2 + 4)
        content.append(SVG.text(String(mark.letter), x: middle.x, y: middle.y, "mark", anchor: "middle"))
      }
      return content
    }
    let trust = cell.trust.isFinite ? min(max(cell.trust, 0), 1) : 0
    let tip = "\(sender), \(matrix.groups[column]): trust \(NumberText.fixed(cell.trust, decimals: 2))"
    return [
      SVG.rectangle(x: x, y: y, width: width, height: height, "trust", opacity: trust, tip: tip),
      SVG.rectangle(x: x, y: y, width: width, height: height, "cell-edge"),
    ]
  }

  /// Where cells go. Windows that are too wide for the column are broken into bands.
  private struct Grid {
    let left: Double
    let gap: Double
    let cellWidth: Double
    let cellHeight: Double
    let columnsPerBand: Int
    let bandHeight: Double
    let labelHeight = 66.0

    init(_ layout: PlotLayout, columns: Int, rows: Int, groups: Int) {
      left = layout.choose(wide: 92, narrow: 70)
      gap = layout.choose(wide: 8, narrow: 4)
      let labelOverhang = layout.choose(wide: 50.0, narrow: 34)
      let space = layout.width - left - labelOverhang - gap * Double(max(0, groups - 1))
      let least = layout.choose(wide: 12.0, narrow: 10)
      let most = max(1, Int(space / least))
      let bands = max(1, (columns + most - 1) / most)
      columnsPerBand = max(1, (columns + bands - 1) / bands)
      cellWidth = min(layout.choose(wide: 30, narrow: 22), max(least, space / Double(columnsPerBand)))
      cellHeight = layout.choose(wide: 30, narrow: 24)
      bandHeight = Double(rows) * cellHeight + 14 + labelHeight
    }
  }
}
