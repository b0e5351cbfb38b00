import Engines
import Foundation
public import Wire

/// The finished cells of a tournament on disk, so that an interrupted one goes on where it was.
///
/// Each is a line of JSON with its key, and on the disk before the next result is taken in.
public struct TournamentStore: Sendable {
  private struct Line: Codable {
    var key: String
    var cell: TournamentCell
    var figures: TournamentFigures
  }

  /// What was finished when the store was opened, by key.
  public let finished: [Digest: TournamentFigures]
  /// The length of the torn last line that was dropped, in bytes; 0 if there was none.
  public let tornBytes: Int
  private let journal: LineJournal

  /// Opens a file of finished cells, and creates it if it is not there.
  ///
  /// - Parameters:
  ///   - path: the file; its folder must exist
  ///   - keys: the keys of the grid's cells
  /// - Throws: `TournamentError` for a file of another grid or with a damaged line, or `EngineError`
  public static func open(_ path: String, keys: Set<Digest>) async throws -> TournamentStore {
    let (journal, contents) = try await LineJournal.open(path)
    var finished: [Digest: TournamentFigures] = [:]
    var strangers = 0
    for (index, bytes) in contents.lines.enumerated() {
      guard let line = try? RecordJSON.decoder.decode(Line.self, from: Data(bytes)),
        let key = Digest(hex: line.key)
      else {
        await journal.close()
        throw TournamentError.damagedLine(path: path, line: index + 1, reason: "it is no finished cell")
      }
      if keys.contains(key) { finished[key] = line.figures } else { strangers += 1 }
    }
    guard strangers == 0 else {
      await journal.close()
      throw TournamentError.otherGrid(path: path, strangers: strangers, lines: contents.lines.count)
    }
    return TournamentStore(finished: finished, tornBytes: contents.tornBytes, journal: journal)
  }

  /// Keeps a finished cell; it is on disk when this returns.
  public func append(_ key: Digest, _ cell: TournamentCell, _ figures: TournamentFigures) async throws {
    let line = Line(key: key.hex, cell: cell, figures: figures)
    try await journal.append(Array(try RecordJSON.encoder(isIndented: false).encode(line)))
  }

  /// Closes the file, so that others may open it.
  public func close() async { await journal.close() }
}
