import Engines
import Foundation
import Simulation

/// One run of a contestant.
struct RaceCell: Codable, Hashable {
  var contestant: Contestant
  /// Dirichlet's alpha over labels.
  var skew: Double
  var seed: UInt64
  /// The values on the contestant's axes.
  var values: [Double]
  /// When the run was given up, in virtual seconds.
  var secondsLimit: Double
  /// Everything else that decides the run.
  var scenario: String
}

/// Finished runs on disk, so that a race that was interrupted goes on where it was.
actor RaceStore {
  private struct Line: Codable {
    var cell: RaceCell
    var versions: [RunRecord.Version]
  }

  private var finished: [RaceCell: [RunRecord.Version]] = [:]
  private let journal: LineJournal

  /// Opens a file, and creates it if it is not there.
  init(path: String) async throws {
    let (journal, contents) = try await LineJournal.open(path)
    self.journal = journal
    for line in contents.lines {
      let line = try JSONDecoder().decode(Line.self, from: Data(line))
      finished[line.cell] = line.versions
    }
  }

  func versions(of cell: RaceCell) -> [RunRecord.Version]? { finished[cell] }

  func keep(_ cell: RaceCell, _ versions: [RunRecord.Version]) async throws {
    finished[cell] = versions
    try await journal.append(Array(try JSONEncoder().encode(Line(cell: cell, versions: versions))))
  }

  func close() async { await journal.close() }
}
