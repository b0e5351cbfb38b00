/// What somebody may have meant who typed a name that does not exist.
public enum Spelling {
  // Longer texts are cut: they are no slip of a known name.
  private static let maximumCharacters = 64

  /// The candidate that the fewest typing slips turn into the text; the first among equals.
  public static func nearest(to text: String, among candidates: [String]) -> String {
    let typed = Array(text.prefix(maximumCharacters).lowercased())
    var best = ""
    var bestDistance = Int.max
    for candidate in candidates {
      let distance = slips(typed, Array(candidate.lowercased()))
      if distance < bestDistance { (best, bestDistance) = (candidate, distance) }
    }
    return best
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that lead from one text to another: the
  /// optimal string alignment distance (Damerau, 1964; Wagner and Fischer, 1974).
  static func slips(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        let isSame = left[row] == right[column]
        var distance = min(last[column + 1] + 1, current[column] + 1, last[column] + (isSame ? 0 : 1))
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          distance = min(distance, beforeLast[column - 1] + 1)
        }
        current.append(distance)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
