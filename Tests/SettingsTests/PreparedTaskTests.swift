import Aggregation
import JSON5
import Learning
import Ledger
import Numerics
import Testing
import Updates

@testable import Settings

@Suite(.timeLimit(.minutes(2))) struct PreparedTaskTests {
  private func read(_ text: String) async throws(SettingsError) -> PreparedTask {
    try await PreparedTask.read(json5: Array(text.utf8), name: "task", report: { _ in })
  }

  /// The mistakes of a file, a line each.
  private func mistakes(_ text: String) async -> [String] {
    do throws(SettingsError) {
      _ = try await read(text)
      Issue.record("nothing is wrong")
      return []
    } catch {
      return error.description.split(separator: "\n").map(String.init)
    }
  }

  private func with(_ body: (TrainerFixture) async throws -> Void) async throws {
    let fixture = try TrainerFixture()
    defer { fixture.remove() }
    try await body(fixture)
  }

  @Test func aProcessDescribesWhatIsSigned() async throws {
    try await with { fixture in
      let task = try await read("{ \(fixture.field()), seed: 4, training: { steps: 30 } }")
      guard case .process(let process) = task.specification.trainer else {
        Issue.record("the trainer is no process")
        return
      }
      #expect(process.layout == (try ParameterLayout([("weight", [2, 3]), ("bias", [2])])))
      #expect(process.files == [try TrainerFiles.file("trainer.py", in: fixture.folder)])
      #expect(task.specification.parameterCount == 8 && task.firstWeights.count == 8)
      #expect(task.specification.training.duration == .steps(30))
      #expect(try await read("{ \(fixture.field()), seed: 4 }").firstWeights == task.firstWeights)
      #expect(try await read("{ \(fixture.field()), seed: 5 }").firstWeights != task.firstWeights)
    }
  }

  @Test func weightsComeFromAFile() async throws {
    try await with { fixture in
      let layout = try ParameterLayout([("weight", [2, 3]), ("bias", [2])])
      let weights = (0..<8).map { Float($0) }
      try fixture.write(try Safetensors.encode(weights, layout: layout), to: "start.safetensors")
      let path = fixture.folder + "/start.safetensors"
      let task = try await read("{ \(fixture.field()), weights: '\(path)' }")
      #expect(task.firstWeights == weights)
      #expect(await mistakes("{ \(fixture.field()), weights: '\(path)', seed: 3 }").count == 1)
      let other = await mistakes("{ model: 'softmax(3,2)',\n weights: '\(path)' }")
      #expect(other.count == 4 && other.allSatisfy { $0.hasPrefix("task:2:11: weights: ") }, "\(other)")
      #expect(
        other.contains { $0.contains("no tensor \"bias\"; did you mean \"layers.0.bias\"?") }, "\(other)")
      #expect(other.contains { $0.contains("\"layers.0.weight\" is missing") }, "\(other)")
    }
  }

  /// One reading names what is wrong in the fields, in each file, in the weights and in the trainer.
  @Test func everyMistakeIsNamedAtOnce() async throws {
    try await with { fixture in
      let found = await mistakes(
        """
        {
          name: "",
          \(fixture.field("good", files: "'trainer.py', 'lost.py', 'gone.py'")),
          weights: "\(fixture.folder)/lost.safetensors",
          training: { epochs: 2, steps: 3, batchsize: 8 },
          reward: { escrowUnits: 5, unitsPerVersion: 6 },
          merge: { upForm: "sparse:0" },
        }
        """)
      let expected = [
        "task:2:9: name: ", "task:3:", "task:3:", "task:4:12: weights: ", "task:5:",
        "task:5:36: unknown field 'training.batchsize'; did you mean 'training.batchSize'?",
        "task:6:", "task:7:20: merge.upForm: ",
      ]
      #expect(found.count == expected.count, "\(found)")
      for (line, expected) in zip(found, expected) { #expect(line.hasPrefix(expected), "\(line)") }
      for name in ["lost.py", "gone.py"] { #expect(found.contains { $0.contains(name) }) }
    }
  }

  @Test(arguments: ["die", "noise"])
  func aTrainerThatDoesNotStartIsAMistake(_ way: String) async throws {
    try await with { fixture in
      try fixture.write(Array("import sys\nsys.exit('no \(way)')\n".utf8), to: "trainer.py")
      let found = await mistakes("{ name: '',\n \(fixture.field(way)) }")
      #expect(found.contains { $0.hasPrefix("task:1:9: name") })
      #expect(
        found.contains { $0.hasPrefix("task:2:") && $0.contains("trainer.command: the trainer failed") })
      #expect(found.contains { $0.contains("no \(way)") }, "what it wrote is shown: \(found)")
    }
  }

  @Test func aCommandOfNothingIsAMistake() async throws {
    for (field, expected) in [
      ("{}", "trainer.command is missing"), ("{ command: [] }", "trainer.command is 0 values"),
      ("{ command: [''] }", "trainer.command[0]: it is empty"),
      ("{ command: ['/no/such/program'] }", "trainer.command: the trainer failed"),
      ("{ comand: ['x'] }", "did you mean 'trainer.command'?"), ("'x'", "trainer is a string"),
      ("{ command: ['true'], limits: { memoryBytes: 5 } }", "trainer.limits.memoryBytes is 5"),
    ] {
      let found = await mistakes("{ trainer: \(field) }")
      #expect(found.contains { $0.contains(expected) }, "\(found)")
    }
  }

  @Test func aModelIsNativeOrAProcess() async throws {
    try await with { fixture in
      let found = await mistakes("{ model: 'softmax(4,3)',\n \(fixture.field()) }")
      #expect(found.count == 1 && found[0].contains("leave out 'model'"), "\(found)")
    }
  }

  @Test func filesThatTheLedgerDoesNotTakeAreMistakes() async throws {
    try await with { fixture in
      let inside = fixture.folder.split(separator: "/").last.map(String.init) ?? ""
      for files in ["'../\(inside)/trainer.py'", "'./trainer.py'", "'trainer.py', 'trainer.py'"] {
        let found = await mistakes("{ \(fixture.field(files: files)) }")
        #expect(found.count == 1 && found[0].contains("the trainer's files"), "\(found)")
      }
    }
  }

  /// What a file is told to cost is what an update costs.
  @Test(arguments: ["sparse:64", "sparse:1024", "dense8", "dense4", "rotated:64", "rotated:4096"])
  func bitsOfAnUpdateAreMeasured(_ name: String) throws {
    let form = try PacketForm(parsing: name)
    for count in [10, 4_096, 1_000_000] {
      var random = SeededRandom(seed: 9)
      let values = (0..<count).map { _ in Int32(random.gaussian() * 1_000_000) }
      let bits = 8 * Double(Payload(encoding: values, form: form).bytes.count)
      let estimate = form.payloadBits(ofParameters: count)
      #expect(abs(estimate - bits) <= max(0.03 * bits, 64), "\(estimate) for \(bits) at \(count)")
    }
  }

  /// A file that says nothing of packets has them suit the model, and hears what else there is.
  @Test(arguments: [
    // 5 (features + 1) parameters: 16,385 are one too many for a byte each.
    (3_275, 100, 24, "dense8", nil), (3_276, 100, 24, "sparse:64", "rotated:4096"),
    (3_276, 401, 24, "sparse:64", nil), (3_276, 400, 3, "sparse:64", nil),
    // 131,075 are three bits too many for one each within 16 KiB.
    (26_213, 400, 4, "sparse:64", "rotated:4096"), (26_214, 400, 4, "sparse:64", "rotated:2048"),
    (60_000, 1, 24, "sparse:64", "rotated:1024"), (500_000, 1, 24, "sparse:64", "rotated:512"),
  ])
  func packetsSuitTheModel(features: Int, updates: Int, window: Int, form: String, advised: String?)
    async throws
  {
    let file =
      "model: 'softmax(\(features),5)', updatesPerContributor: \(updates), merge: { windowSize: \(window)"
    let task = try await read("{ \(file) } }")
    #expect(task.specification.merge.upForm.description == form)
    #expect(task.specification.merge.downForm == (form == "dense8" ? .dense8 : .sparse(keptPerChunk: 256)))
    #expect(task.advisedForm?.description == advised)
    let chosen = try await read("{ \(file), upForm: 'rotated:64', downForm: 'dense4' } }")
    #expect(chosen.specification.merge.upForm == .rotated(signsPerChunk: 64))
    #expect(chosen.specification.merge.downForm == .dense4)
    #expect(chosen.advisedForm == nil)
  }

  @Test func whatPacketsCannotBeIsAMistake() async throws {
    #expect(await mistakes("{ updatesPerContributor: 0 }").count == 1)
    #expect(await mistakes("{ merge: { downForm: 'rotated:512' } }").count == 1)
  }

  @Test func theEscrowLastsAsLongAsItPaysInFull() async throws {
    let task = try await read("{ model: 'softmax(4,3)', reward: { escrowUnits: 29, unitsPerVersion: 10 } }")
    #expect(task.paidVersions == 2 && task.firstWeightsBytes == 60)
  }
}
