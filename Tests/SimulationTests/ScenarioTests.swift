import Aggregation
import JSON5
import Learning
import Numerics
import Testing
import Updates

@testable import Simulation

@Suite("Scenario") struct ScenarioTests {
  private func read(_ text: String) throws(SettingsError) -> Scenario {
    try Scenario(json5: Array(text.utf8), name: "scenario.json5")
  }

  @Test("an empty object is the default, and so is the documented default")
  func defaults() throws {
    #expect(try read("{}") == Scenario())
    #expect(try read(Scenario.documentedDefault) == Scenario())
    #expect(Scenario().firstConflict == nil)
    #expect(throws: Never.self) { try Scenario().merge.validated() }
  }

  @Test("every field's line in the documented default has a comment of its own or of its object")
  func documentation() {
    let lines = Scenario.documentedDefault.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where line.hasPrefix("  ") && !line.hasPrefix("   ") {
      guard line.contains(": "), !line.contains("//") else { continue }
      #expect(index > 0 && lines[index - 1].contains("//"), "line \(index + 1) has no comment: \(line)")
    }
  }

  @Test("what is written is read back", arguments: [UInt64(11), 12, 13])
  func roundTrip(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for draw in 0..<60 {
      let scenario = RandomScenario.make(&random)
      try #require(scenario.firstConflict == nil, "seed \(seed), draw \(draw)")
      let text = scenario.documented
      #expect(try read(text) == scenario, "seed \(seed), draw \(draw):\n\(text)")
    }
  }

  @Test("fields that are given replace defaults, and no others")
  func partial() throws {
    let scenario = try read(
      """
      { windows: 3, merge: { serverLearningRate: 0.5, upForm: 'dense8' },
        contributors: { hostile: { noise: 2 } } }
      """
    )
    var expected = Scenario()
    expected.windows = 3
    expected.merge.serverLearningRateQ16 = 1 << 15
    expected.merge.upForm = .dense8
    expected.contributors.hostile = [.noise: 2]
    #expect(scenario == expected)
  }

  @Test("a seed keeps all of its 64 bits")
  func seed() throws {
    #expect(try read("{seed: 18446744073709551615}").seed == .max)
    #expect(try read("{seed: 9007199254740993}").seed == 9_007_199_254_740_993)
  }

  @Test(
    "an unknown field is refused with the nearest known name",
    arguments: [
      ("{ widnows: 3 }", "scenario.json5:1:3: unknown field 'widnows'; did you mean 'windows'?"),
      (
        "{\n contributors: { devices: { slownes: 3 } } }",
        "scenario.json5:2:29: unknown field 'contributors.devices.slownes'; "
          + "did you mean 'contributors.devices.slowness'?"
      ),
      (
        "{ contributors: { hostile: { signflip: 1 } } }",
        "scenario.json5:1:30: unknown field 'contributors.hostile.signflip'; "
          + "did you mean 'contributors.hostile.sign-flip'?"
      ),
      (
        "{ contributors: { hostile: { 'mini-max': 1 } } }",
        "scenario.json5:1:30: unknown field 'contributors.hostile.mini-max'; "
          + "did you mean 'contributors.hostile.min-max'?"
      ),
      (
        "{ merge: { copyCosineQ16: 1 } }",
        "scenario.json5:1:12: unknown field 'merge.copyCosineQ16'; did you mean 'merge.copyCosine'?"
      ),
      (
        "{ data: { source: { idx: { images: 'a', labals: 'b' } } } }",
        "scenario.json5:1:26: data.source.idx.labels is missing; it has no default\n"
          + "scenario.json5:1:41: unknown field 'data.source.idx.labals'; "
          + "did you mean 'data.source.idx.labels'?"
      ),
      (
        "{ data: { partition: { dirichletLabel: 1 } } }",
        "scenario.json5:1:24: unknown field 'data.partition.dirichletLabel'; "
          + "did you mean 'data.partition.dirichletLabels'?"
      ),
      ("{ Seed: 3 }", "scenario.json5:1:3: unknown field 'Seed'; did you mean 'seed'?"),
    ])
  func unknownFields(text: String, expected: String) {
    let error = #expect(throws: SettingsError.self) { try read(text) }
    #expect(error?.description == expected)
  }

  @Test(
    "every other error names the file, the line, the field and what is allowed",
    arguments: [
      ("{ windows: 0 }", "scenario.json5:1:12: windows is 0; it must be a whole number from 1 to 10000"),
      ("{ windows: 2.5 }", "scenario.json5:1:12: windows is 2.5; it must be a whole number from 1 to 10000"),
      ("{ windows: NaN }", "scenario.json5:1:12: windows is nan; it must be a whole number from 1 to 10000"),
      (
        "{ windows: 'x' }",
        "scenario.json5:1:12: windows is a string; it must be a whole number from 1 to 10000"
      ),
      ("{ seed: -1 }", "seed is -1.0; it must be a whole number from 0 to 18446744073709551615"),
      ("[]", "scenario.json5:1:1: the file is a list; it must be an object"),
      ("{\n\n training: 3 }", "scenario.json5:3:12: training is a number; it must be an object"),
      (
        "{ training: { learningRate: Infinity } }",
        "training.learningRate is inf; it must be a number from 1e-06"
      ),
      (
        "{ network: { latencySeconds: -1 } }",
        "network.latencySeconds is -1.0; it must be a number from 0.0 to 3600.0"
      ),
      ("{ validators: { stakes: [1, 0, 1, 1] } }", "validators.stakes[1] is 0; it must be"),
      ("{ validators: { stakes: 5 } }", "validators.stakes is a number; it must be a list"),
      ("{ validators: { stakes: [1, 2] } }", "validators.stakes: 2 stakes for 4 validators"),
      (
        "{ validators: { hostile: { lazzy: 1 } } }",
        "unknown field 'validators.hostile.lazzy'; did you mean 'validators.hostile.lazy'?"
      ),
      (
        "{ validators: { count: 3, hostile: { lazy: 1 } } }",
        "validators.hostile: the last 1 of 3 validators hold a third of the stake or more"
      ),
      (
        "{ validators: { stakes: [1, 1, 1, 2], hostile: { copying: 1 } } }",
        "validators.hostile: the last 1 of 4 validators hold a third of the stake or more"
      ),
      (
        "{ contributors: { canaries: { count: 1, share: 0.6 } } }",
        "contributors.canaries.share is 0.6; it must be a number from 0.0 to 0.5"
      ),
      (
        "{ contributors: { count: 22, canaries: { count: 2 }, split: { count: 1 } } }",
        "20 hostile and 2 canary-sending and 1 split contributors do not fit into 22"
      ),
      (
        "{ contributors: { count: 19 } }",
        "contributors.count: 20 hostile contributors do not fit into 19"
      ),
      (
        "{ contributors: { count: 2000 } }",
        "the 1797 digits, less 600 for tests and validators, do not give 2000"
      ),
      ("{ model: 'mlp(784,32,10)' }", "model: mlp(784,32,10) does not fit the digits"),
      ("{ model: 'cnn(64,10)' }", "model: "),
      ("{ model: 3 }", "model is a number; it must be a string"),
      ("{ data: { source: 'mnist' } }", "data.source: it must be \"digits\""),
      ("{ data: { source: { csv: { path: 'x' } } } }", "data.source.csv.label is missing"),
      (
        "{ data: { source: { csv: { path: 'x', label: -1 } } } }", "data.source.csv.label is -1.0; it must be"
      ),
      ("{ data: { partition: {} } }", "data.partition: it must be \"iid\""),
      ("{ data: { partition: { dirichletSizes: 0 } } }", "data.partition.dirichletSizes is 0.0; it must be"),
      (
        "{ merge: { rule: 'karum' } }",
        "merge.rule: there is no 'karum'; did you mean 'krum'? There are"
      ),
      (
        "{ packetPrivacy: 'sealed-keep' }",
        "packetPrivacy: there is no 'sealed-keep'; did you mean 'sealed-kept'? There are plain"
      ),
      ("{ merge: { toleratedBasisPoints: 5000 } }", "merge.toleratedBasisPoints is 5000; it must be"),
      ("{ merge: { committeeSeats: 1025 } }", "merge.committeeSeats is 1025; it must be"),
      ("{ merge: { upForm: 'sparse:0' } }", "merge.upForm: \"sparse:0\" is no packet form"),
      ("{ merge: { windowSize: 101 } }", "merge.windowSize: a window of 101 updates never fills with 100"),
      ("{ merge: { copyCosine: 0.4 } }", "merge.copyCosine is 0.4; it must be a number from 0.5 to 1.0"),
      ("{ merge: { serverLearningRate: 0 } }", "merge.serverLearningRate is 0.0; it must be"),
      (
        "{ reward: { unitsPerVersion: 50000000 } }",
        "reward.unitsPerVersion: 50000000 units a version are more than"
      ),
      (
        "{ reward: { authorBasisPoints: 9000 } }",
        "reward.validatorBasisPoints: with the author's share it comes to 10500"
      ),
      ("{ windows: }", "scenario.json5:1:12: unexpected '}'; expected a value"),
    ])
  func errors(text: String, expected: String) {
    let error = #expect(throws: SettingsError.self) { try read(text) }
    let description = error?.description ?? ""
    #expect(description.contains(expected) && description.hasPrefix("scenario.json5"), "\(description)")
  }

  @Test("all mistakes are reported at once, in their order, and contradictions only of what is right alone")
  func allMistakes() {
    let error = #expect(throws: SettingsError.self) {
      try read("{\n reward: { escrowUnits: 1 },\n windows: 0,\n widnows: 3,\n training: { epochs: 'x' } }")
    }
    #expect(error?.mistakes.map(\.path) == ["windows", "widnows", "training.epochs"])
    #expect(error?.mistakes.compactMap(\.place?.line) == [3, 4, 5])
    #expect(error?.description.split(separator: "\n").count == 3)
  }

  @Test("a contradiction is reported on the line of its field")
  func conflictLine() {
    let error = #expect(throws: SettingsError.self) {
      try read("{\n reward: {\n  escrowUnits: 10,\n  unitsPerVersion: 11,\n },\n}")
    }
    #expect(
      error?.mistakes.first?.place?.line == 4 && error?.mistakes.first?.path == "reward.unitsPerVersion")
  }

  @Test("ranges take their ends, and nothing beyond")
  func ends() throws {
    #expect(
      try read("{ merge: { serverLearningRate: 4, copyCosine: 0.5, clipMultiple: 256 } }").merge
        .clipMultipleQ8 == 1 << 16)
    #expect(throws: SettingsError.self) { try read("{ merge: { clipMultiple: 256.01 } }") }
    #expect(try read("{ windows: 1e4 }").windows == 10_000)
    #expect(throws: SettingsError.self) { try read("{ windows: 10001 }") }
    #expect(throws: SettingsError.self) { try read("{ windows: 1e300 }") }
  }

  @Test("a file that is too long is refused unread")
  func length() {
    let limit = SettingsFields.fileBytesLimit
    let padded = "{}" + String(repeating: " ", count: limit - 2)
    #expect(throws: Never.self) { try read(padded) }
    let error = #expect(throws: SettingsError.self) { try read(padded + " ") }
    #expect(error?.mistakes.map(\.problem) == [.tooLong(bytes: limit + 1, limit: limit)])
  }

  @Test("errors show no control characters, and little of a long name")
  func printableErrors() {
    let name = String(repeating: "x", count: 5_000)
    let error = #expect(throws: SettingsError.self) { try read("{ '\\u001b[31m\u{202E}\(name)': 1 }") }
    let description = error?.description ?? "\u{1B}"
    #expect(description.count < 300)
    #expect(!description.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E }, "\(description)")
  }

  @Test("mutated files are read or refused, and never crash", arguments: [UInt64(21), 22])
  func mutation(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let original = Array(Scenario.documentedDefault.utf8)
    let splices = [
      "{", "}", "[", "]", "\"", "\\", "//", "/*", ",", ":", "-", ".", "e", "0x", "\\u", "\n", "9999999999",
    ]
    var refused = 0
    for draw in 0..<300 {
      var bytes = original
      for _ in 0...random.integer(below: 3) {
        let place = random.integer(below: bytes.count)
        switch random.integer(below: 4) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.integer(below: 40)))
        case 2: bytes.insert(contentsOf: Array(splices[random.integer(below: splices.count)].utf8), at: place)
        default: bytes.removeLast(bytes.count - place - 1)
        }
      }
      do {
        let scenario = try Scenario(json5: bytes, name: "m")
        // What was read must be within its ranges, so writing and reading it changes nothing.
        let again = try Scenario(json5: Array(scenario.documented.utf8), name: "again")
        #expect(again == scenario, "seed \(seed), draw \(draw)")
      } catch {
        refused += 1
        #expect(!error.description.isEmpty)
      }
    }
    #expect(refused > 50, "seed \(seed): mutations should break something")
  }
}
