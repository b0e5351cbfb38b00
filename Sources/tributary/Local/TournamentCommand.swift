import Engines
import Foundation
import Simulation
import Wire

/// `tributary tournament`: every rule against every attack, on every skew, with every number of attackers.
enum TournamentCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "tournament", summary: "run rules against attacks, and write a table of who withstands what",
    optionalOperand: "GRID",
    options: [
      .init(name: "--out", value: "DIR", help: "where to write, and to go on (tributary-tournament)"),
      .init(name: "--jobs", value: "N", help: "runs at a time (one a core); no result depends on it"),
      .init(
        name: "--peers", value: "FILE", help: "results of other software to set beside; may be repeated"),
      .init(name: "--plan", value: nil, help: "print the cells, and run none"),
      .init(
        name: "--export-split", value: "DIR", help: "write the data split for other software, and run none"),
      .init(name: "--print-grid", value: nil, help: "print the default grid, with what each field means"),
      .init(name: "--json", value: nil, help: "print tournament.json instead of tables"),
    ],
    example: "tributary tournament grid.json5 --out grid && xdg-open grid/tournament.html")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    if arguments.has("--print-grid") {
      print(TournamentGrid.documentedDefault)
      return .success
    }
    let grid = try grid(arguments)
    if arguments.has("--plan") {
      print(TournamentText.plan(grid, asJSON: arguments.has("--json")))
      return .success
    }
    if let path = arguments.text("--export-split") {
      let export = SplitExport(grid)
      try prepareForSplit(path)
      try await Interruptible.run { try export.write(to: path) }
      print("\(path): \(grid.skews.count * grid.seeds.count) splits and \(SplitExport.manifestName)")
      return .success
    }
    let peers = try peers(arguments)
    let jobs: Int =
      try arguments.number("--jobs", in: 1...256, command: specification)
      ?? ProcessInfo.processInfo.activeProcessorCount
    let folder = TournamentFolder(arguments.text("--out") ?? "tributary-tournament")
    try folder.prepare()
    let results = try await Interruptible.run { try await play(grid, in: folder, jobs: jobs) }
    guard results.count == grid.cells.count else {
      Console.error(
        "stopped with \(results.count) of \(grid.cells.count) cells finished; "
          + "the same command goes on from there")
      return .interrupted
    }
    let record = TournamentRecord(grid, results: results, peers: peers)
    try folder.write(record)
    print(
      arguments.has("--json")
        ? String(decoding: try record.json(), as: UTF8.self)
        : TournamentText.lines(record, folder).joined(separator: "\n"))
    return .success
  }

  private static func grid(_ arguments: CommandLineArguments) throws -> TournamentGrid {
    try TournamentGrid(path: arguments.operands.first)
  }

  private static func prepareForSplit(_ path: String) throws(UsageError) {
    try OutputFolder(path: path, command: specification.name).make(for: "a split's") {
      $0.isEmpty || $0.contains(SplitExport.manifestName)
    }
  }

  private static func peers(_ arguments: CommandLineArguments) throws -> [PeerResults] {
    try arguments.texts("--peers").map {
      try PeerResults(json: try FileReader.read($0, limitBytes: PeerResults.fileBytesLimit), name: $0)
    }
  }

  /// Runs the cells that are not finished yet.
  ///
  /// - Returns: the results in the grid's order; fewer than the grid has cells if it was interrupted
  private static func play(
    _ grid: TournamentGrid, in folder: TournamentFolder, jobs: Int
  ) async throws -> [TournamentRecord.Result] {
    let runner = try TournamentRunner(grid)
    let cells = grid.cells
    let keys = cells.map(runner.key(of:))
    let store = try await TournamentStore.open(folder.cellsPath, keys: Set(keys))
    if store.tornBytes > 0 {
      Console.error(
        "\(folder.cellsPath): dropped a last line of \(store.tornBytes) bytes that an interruption had torn")
    }
    var figures = store.finished
    let progress = TournamentProgress(total: cells.count, alreadyFinished: figures.count)
    do {
      let open = zip(cells, keys).filter { figures[$0.1] == nil }
      try await runner.run(open.map(\.0), jobs: jobs) { planned, result in
        let key = runner.key(of: planned)
        try await store.append(key, planned.cell, result)
        figures[key] = result
        progress.show(planned.cell, result, finished: figures.count)
      }
    } catch is CancellationError {
      // What is finished is on disk; the caller says how to go on.
    }
    await store.close()
    return zip(cells, keys).compactMap { planned, key in
      figures[key].map { TournamentRecord.Result(cell: planned.cell, figures: $0) }
    }
  }
}

/// Says which cell is finished, and when the last one may be.
private struct TournamentProgress {
  private let bar: ProgressBar
  private let total: Int
  private let alreadyFinished: Int
  private let start = ContinuousClock().now

  init(total: Int, alreadyFinished: Int) {
    bar = ProgressBar(title: "tournament", total: total)
    self.total = total
    self.alreadyFinished = alreadyFinished
    if alreadyFinished > 0 { bar.show(alreadyFinished, "\(alreadyFinished)/\(total) finished before") }
  }

  func show(_ cell: TournamentCell, _ figures: TournamentFigures, finished: Int) {
    let perCell = (ContinuousClock().now - start) / Double(finished - alreadyFinished)
    let left = perCell * Double(total - finished)
    let accuracy = String(format: "%.1f %%", 100 * figures.accuracy)
    bar.show(
      finished,
      "\(finished)/\(total)  \(ProgressBar.text(left)) left  \(TournamentText.name(cell)): \(accuracy)")
  }
}

/// The folder that a tournament writes.
///
///     cells.jsonl          a finished cell a line, for going on after an interruption
///     tournament.json      the record
///     tournament.html      the report
struct TournamentFolder: Sendable {
  let path: String

  init(_ path: String) { self.path = path }

  var cellsPath: String { path + "/cells.jsonl" }
  var recordPath: String { path + "/tournament.json" }
  var reportPath: String { path + "/tournament.html" }

  /// Makes the folder, unless there is one with finished cells in it.
  func prepare() throws(UsageError) {
    try OutputFolder(path: path, command: "tournament").make(for: "a tournament's") {
      $0.isEmpty || $0.contains("cells.jsonl")
    }
  }

  func write(_ record: TournamentRecord) throws {
    try AtomicFile.write(try record.json(), to: recordPath)
    try AtomicFile.write(Array(TournamentReport.html(record).utf8), to: reportPath)
  }
}
