/// A table of numbers, shaded by how bad they are: the number says it all, the shade helps to find it.
struct HeatTable {
  /// One number.
  struct Cell {
    /// The number.
    var text: String
    /// How bad it is: 0 not at all, up to `HeatTable.worstLevel`.
    var level = 0
    /// Whether it is marked as the worst of its row.
    var isWorst = false
    /// What more there is to say, shown when pointed at.
    var tip = ""

    /// A place without a number.
    static let none = Cell(text: NumberText.none)
  }

  /// One row.
  struct Row {
    var name: String
    var cells: [Cell]
    /// Whether it sums up others, and is set apart.
    var isTotal = false
  }

  static let worstLevel = 5

  let name: String
  let columns: [String]
  let rows: [Row]

  /// How bad a number is: how many of the bounds it has reached. A number that is not finite is as bad as can
  /// be.
  static func level(_ value: Double, bounds: [Double]) -> Int {
    value.isFinite ? min(worstLevel, bounds.count { value >= $0 }) : worstLevel
  }

  var markup: Markup {
    let headings =
      [Markup.element("th", ["scope": "col"], "")]
      + columns.map { column in
        Markup.element("th", ["scope": "col", "class": "column"], [Markup.element("span", column)])
      }
    return Report.table(name, headings, rows.map(Self.row), style: "heat")
  }

  private static func row(_ row: Row) -> Markup {
    Markup.element(
      "tr", ["class": row.isTotal ? "total" : ""],
      [Markup.element("th", ["scope": "row", "class": "name"], row.name)] + row.cells.map(cell))
  }

  private static func cell(_ cell: Cell) -> Markup {
    let style = "number level-\(cell.level)" + (cell.isWorst ? " worst" : "")
    return Markup.element("td", ["class": style, "title": cell.tip], cell.text)
  }
}

/// The shades of heat tables, beside the report's own style sheet.
///
/// Text keeps a contrast of at least 4.5 on every shade.
enum HeatStyle {
  static let sheet: StaticString = """
    :root {
      --level-1: #fdeee3; --level-2: #fbdac3; --level-3: #f7c09b; --level-4: #f2a26d; --level-5: #e98446;
    }
    @media screen and (prefers-color-scheme: dark) {
      :root {
        --level-1: #2b1f18; --level-2: #40281b; --level-3: #58321d; --level-4: #723c1e; --level-5: #8d471e;
      }
    }
    .heat { width: auto; font-size: 0.82rem; }
    .heat th, .heat td { padding: 0.3rem 0.28rem; }
    .heat th.name, .heat th:first-child { position: sticky; left: 0; background: var(--paper); }
    .heat th.name { padding-right: 0.6rem; }
    .heat th.column { vertical-align: bottom; text-align: left; padding-bottom: 0.5rem; }
    .heat th.column span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
    .heat .worst { font-weight: 650; text-decoration: underline; text-underline-offset: 0.2em; }
    .level-1 { background: var(--level-1); } .level-2 { background: var(--level-2); }
    .level-3 { background: var(--level-3); } .level-4 { background: var(--level-4); }
    .level-5 { background: var(--level-5); }
    h3 { font-size: 1rem; font-weight: 650; margin: 1.4rem 0 0; }
    @media print { .heat td { print-color-adjust: exact; } }
    """
}
