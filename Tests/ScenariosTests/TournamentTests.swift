import Agents
import AgentsTestKit
import Aggregation
import Engines
import Foundation
import Learning
import Numerics
import Settings
import Testing
import Wire

@testable import Simulation

/// Whole tournaments, run and kept.
@Suite("Tournament", .timeLimit(.minutes(10)))
struct TournamentTests {
  @Test("the same results whatever the number of jobs, and one a cell")
  func jobs() async throws {
    let grid = SmallTournament.grid
    let one = try await SmallTournament.run(grid, jobs: 1)
    #expect(Set(one.keys) == Set(grid.cells.map(\.cell)))
    #expect(try await SmallTournament.run(grid, jobs: 5) == one)
    #expect(try await SmallTournament.run(grid, jobs: 64) == one, "more jobs than cells")
    for (cell, figures) in one {
      #expect(figures.failure == nil && figures.windows == 3 && figures.accuracy > 0, "\(cell)")
      #expect((figures.payRatio == nil) == (cell.attackers == 0), "\(cell)")
    }
  }

  @Test("a cell comes to what its scenario comes to by itself")
  func cellAlone() async throws {
    let grid = SmallTournament.grid
    let planned = try #require(grid.cells.first { $0.cell.attack == "sign-flip" && $0.cell.rule == "trust" })
    let record = try await DemoRunner(planned.scenario).run(.tributary) { _ in }
    let alone = TournamentFigures(record)
    #expect(try await SmallTournament.run(grid, jobs: 2)[planned.cell] == alone.untimed)
  }

  @Test("a run that breaks off is a result, and does not end the tournament")
  func divergence() async throws {
    // Products of such features and weights are beyond Float, so no loss is finite.
    let rows = (0..<200).map { "3e38,-3e38,3e38,\($0 % 2)\n" }.joined()
    let folder = try TemporaryNetwork()
    let path = folder.folder.path + "/huge.csv"
    try Data(rows.utf8).write(to: URL(fileURLWithPath: path))
    var grid = SmallTournament.grid
    grid.scenario.data.source = .csv(path: path, label: .index(3))
    grid.scenario.model = "mlp(3,8,2)"
    grid.seeds = [1]
    let found = try await SmallTournament.run(grid, jobs: 2)
    #expect(found.count == grid.cells.count)
    for figures in found.values {
      #expect(figures.failure != nil && figures.accuracy == 0 && figures.loss == nil)
    }
  }

  @Test("a tournament that is cancelled ends with what is finished")
  func cancellation() async throws {
    let task = Task {
      var finished = 0
      do {
        try await TournamentRunner(SmallTournament.grid).run(SmallTournament.grid.cells, jobs: 2) {
          _, figures in
          #expect(figures.failure == nil, "what was cancelled is no result")
          finished += 1
          if finished == 2 { withUnsafeCurrentTask { $0?.cancel() } }
        }
        Issue.record("it went on after it was cancelled")
      } catch is CancellationError {}
      return finished
    }
    let finished = try await task.value
    #expect((2..<SmallTournament.grid.cells.count).contains(finished))
  }

  @Test("a cell's key changes with everything that decides its result, and with nothing else")
  func keys() throws {
    let grid = SmallTournament.grid
    let cells = grid.cells
    let keys = try keys(grid)
    #expect(Set(keys).count == cells.count)
    #expect(try self.keys(grid) == keys)
    var wider = grid
    wider.seeds.append(9)
    #expect(try Set(self.keys(wider)).isSuperset(of: keys), "more cells leave the others their keys")
    let changes: [(inout TournamentGrid) -> Void] = [
      { $0.scenario.windows += 1 }, { $0.scenario.training.learningRate *= 2 },
      { $0.scenario.merge.windowSize = 5 }, { $0.scenario.testExamples += 1 },
      { $0.scenario.network.latencySeconds *= 2 }, { $0.scenario.model = "mlp(64,8,10)" },
    ]
    for (index, change) in changes.enumerated() {
      var other = grid
      change(&other)
      #expect(try Set(self.keys(other)).isDisjoint(with: keys), "change \(index)")
    }
  }

  private func keys(_ grid: TournamentGrid) throws -> [Digest] {
    let runner = try TournamentRunner(grid)
    return grid.cells.map(runner.key(of:))
  }
}

@Suite("Finished cells of a tournament", .timeLimit(.minutes(10)))
struct TournamentStoreTests {
  private let folder: TemporaryNetwork
  private let keys = (0..<5).map { Digest.simulated(seed: 1, role: .secret, index: $0) }
  private let cell = TournamentCell(rule: "trust", attack: "noise", skew: 0.1, attackers: 3, seed: .max)
  private var path: String { folder.folder.path + "/cells.jsonl" }

  init() throws { folder = try TemporaryNetwork() }

  private func figures(_ accuracy: Double) -> TournamentFigures { TournamentFigures(accuracy: accuracy) }

  private func open(_ count: Int = 5) async throws -> TournamentStore {
    try await TournamentStore.open(path, keys: Set(keys[..<count]))
  }

  private func write(_ count: Int) async throws {
    let store = try await open()
    for index in 0..<count { try await store.append(keys[index], cell, figures(Double(index) / 10)) }
    await store.close()
  }

  @Test("what was kept is found, bit for bit, whatever the numbers")
  func roundTrip() async throws {
    let numbers = [0.1, 1.0 / 3, .infinity, .leastNonzeroMagnitude, -0.0]
    let store = try await open()
    for (key, number) in zip(keys, numbers) {
      var figures = figures(number)
      figures.failure = "a\nline \"and\" more"
      try await store.append(key, cell, figures)
    }
    await store.close()
    let found = try await open()
    for (key, number) in zip(keys, numbers) {
      #expect(found.finished[key]?.accuracy.bitPattern == number.bitPattern)
      #expect(found.finished[key]?.failure == "a\nline \"and\" more")
    }
    await found.close()
  }

  @Test("cut at any byte, the whole lines are found and the rest can be run again")
  func torn() async throws {
    try await write(3)
    let bytes = try FileReader.read(path, limitBytes: 1 << 20)
    for length in stride(from: 0, through: bytes.count, by: 7) {
      try Data(bytes[..<length]).write(to: URL(fileURLWithPath: path))
      let whole = bytes[..<length].count { $0 == 10 }
      let store = try await open()
      #expect(store.finished.count == whole, "cut at \(length)")
      #expect((store.tornBytes > 0) == (length > 0 && bytes[length - 1] != 10), "cut at \(length)")
      for index in whole..<3 { try await store.append(keys[index], cell, figures(Double(index) / 10)) }
      await store.close()
      let again = try await open()
      #expect(again.finished.count == 3 && again.tornBytes == 0, "cut at \(length)")
      #expect(again.finished[keys[2]] == figures(0.2))
      await again.close()
    }
  }

  @Test("cells that the grid does not have are refused, and left as they are")
  func otherGrid() async throws {
    try await write(4)
    let before = try FileReader.read(path, limitBytes: 1 << 20)
    await #expect(throws: TournamentError.otherGrid(path: path, strangers: 1, lines: 4)) {
      _ = try await open(3)
    }
    #expect(try FileReader.read(path, limitBytes: 1 << 20) == before)
    let wider = try await open(5)
    #expect(wider.finished.count == 4, "a grid that has them all goes on")
    await wider.close()
  }

  @Test("a whole line that is no cell is named", arguments: ["{}", "x", "", "[1]"])
  func damage(line: String) async throws {
    try await write(2)
    let bytes = try FileReader.read(path, limitBytes: 1 << 20)
    try Data(bytes + Array("\(line)\n".utf8)).write(to: URL(fileURLWithPath: path))
    let error = await #expect(throws: TournamentError.self) { _ = try await open() }
    #expect(error?.description.contains("cells.jsonl:3: it is no finished cell; remove the line") == true)
  }
}

@Suite("Export of a tournament's data split", .timeLimit(.minutes(10)))
struct SplitExportTests {
  private static let domain = HashDomain("trib.split")

  private func manifest(_ folder: String) throws -> [String: Any] {
    let bytes = try FileReader.read(folder + "/manifest.json", limitBytes: 1 << 20)
    return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  /// Reads a part's indices, and checks both of its digests.
  private func indices(_ part: [String: Any], _ folder: String, of source: Dataset) throws -> [Int] {
    let bytes = try FileReader.read("\(folder)/\(try #require(part["file"] as? String))", limitBytes: 1 << 20)
    #expect(Digest(of: bytes, in: Self.domain).hex == part["digest"] as? String)
    let words = stride(from: 0, to: bytes.count, by: 4).map { start in
      bytes[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    #expect(words.count == part["count"] as? Int)
    let features = words.flatMap { Array(source.features(of: $0)) }
    let labels = words.map { source.labels[$0] }
    let examples =
      Kernels.littleEndianBytes(of: features[...]) + Kernels.littleEndianBytes(of: labels[...])
    #expect(Digest(of: examples, in: Self.domain).hex == part["examplesDigest"] as? String)
    return words
  }

  @Test("every example goes to one part, and the runs train on the same")
  func parts() throws {
    let folder = try TemporaryNetwork()
    let path = folder.folder.path
    var grid = SmallTournament.grid
    grid.attackers = [0, 2, 3]
    try SplitExport(grid).write(to: path)
    let source = try Digits.load()
    let splits = try #require(try manifest(path)["splits"] as? [[String: Any]])
    #expect(splits.count == 2)
    for split in splits {
      let place = "\(path)/\(try #require(split["folder"] as? String))"
      let parts =
        try #require(split["contributors"] as? [[String: Any]])
        + (try #require(split["references"] as? [[String: Any]]))
        + [try #require(split["test"] as? [String: Any])]
      #expect(parts.count == 8 + 1 + 1)
      let held = try parts.map { try indices($0, place, of: source) }
      #expect(held.flatMap(\.self).sorted() == Array(0..<source.count))
      let seed = try #require(split["seed"] as? UInt64)
      try checkRuns(grid, seed: seed, held, split, source)
    }
  }

  private func checkRuns(
    _ grid: TournamentGrid, seed: UInt64, _ held: [[Int]], _ split: [String: Any], _ source: Dataset
  ) throws {
    let attackers = try #require(split["attackers"] as? [[String: Any]])
    #expect(attackers.compactMap { $0["count"] as? Int } == [2, 3])
    for planned in grid.cells where planned.cell.seed == seed {
      let federation = try Federation(planned.scenario, dataset: source, variant: .asPlanned)
      for (member, indices) in zip(federation.members, held) {
        let data = member.trainer.dataset
        let held = (member.trainer.rows ?? Array(0..<data.count)).map { Array(data.features(of: $0)) }
        #expect(held == indices.map { Array(source.features(of: $0)) }, "\(member.group)")
      }
      let hostile = federation.members.indices.filter { !federation.members[$0].isHonest }
      let listed = attackers.first { $0["count"] as? Int == planned.cell.attackers }
      #expect(hostile == listed?["indices"] as? [Int] ?? [], "\(planned.cell)")
    }
  }

  @Test("two exports of one grid are the same files")
  func repeatable() throws {
    let (one, other) = (try TemporaryNetwork(), try TemporaryNetwork())
    for folder in [one, other] { try SplitExport(SmallTournament.grid).write(to: folder.folder.path) }
    let files = FileManager.default.enumerator(atPath: one.folder.path)?.compactMap { $0 as? String } ?? []
    #expect(files.count == 1 + 2 + 2 * 11)
    for file in files where !file.hasPrefix("skew") || file.contains("/") {
      let paths = [one, other].map { "\($0.folder.path)/\(file)" }
      #expect(
        try FileReader.read(paths[0], limitBytes: 1 << 20) == FileReader.read(paths[1], limitBytes: 1 << 20))
    }
  }
}
