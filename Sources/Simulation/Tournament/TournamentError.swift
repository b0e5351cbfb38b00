/// Why a tournament's files cannot be used.
public enum TournamentError: Error, Equatable, Sendable {
  /// A folder holds finished cells that the grid does not have.
  case otherGrid(path: String, strangers: Int, lines: Int)
  /// A whole line of the finished cells cannot be read.
  case damagedLine(path: String, line: Int, reason: String)
  /// A peer's results cannot be read.
  case peer(path: String, reason: String)
}

extension TournamentError: CustomStringConvertible {
  /// A sentence that names the file and what to do.
  public var description: String {
    switch self {
    case .otherGrid(let path, let strangers, let lines):
      "\(path): \(strangers) of its \(lines) cells are not in this grid, or were run on other data or by "
        + "another version of the program; go on with the grid that made it, or name another folder"
    case .damagedLine(let path, let line, let reason):
      "\(path):\(line): \(reason); remove the line, and its cell runs again"
    case .peer(let path, let reason):
      "\(path): \(reason); it must be { \"peer\": name, \"cells\": [{ \"rule\", \"attack\", \"skew\", "
        + "\"attackers\", \"seed\", \"accuracy\" }] }"
    }
  }
}
