import Numerics
import Testing
import Wire

@testable import Ledger

@Suite struct TrainerSpecificationTests {
  private typealias Process = ProcessTrainerSpecification

  private func layout(_ names: [String]) throws -> ParameterLayout {
    try ParameterLayout(names.map { ($0, [2, 3]) })
  }

  private func files(_ names: [String]) -> [Process.File] {
    names.map { .init(name: $0, digest: Process.digest(of: Array($0.utf8))) }
  }

  /// The bytes that a program without checks would write.
  private func unchecked(
    name: String = "t", tensors: [(name: String, shape: [UInt64])], files: [Process.File] = []
  ) -> [UInt8] {
    var process = WireWriter()
    process.string(name, field: 1)
    process.messages(tensors.map { RawTensor(name: $0.name, shape: $0.shape) }, field: 2)
    process.messages(files, field: 3)
    return process.bytes
  }

  private struct RawTensor: WireMessage {
    static let wireName = "RawTensor"
    let name: String
    let shape: [UInt64]

    init(name: String, shape: [UInt64]) { (self.name, self.shape) = (name, shape) }

    init(from reader: inout WireReader) throws(WireError) {
      name = try reader.string(1, maximumByteCount: 1_000)
      shape = try reader.packed(2, maximumCount: 100)
    }

    func encode(to writer: inout WireWriter) {
      writer.string(name, field: 1)
      writer.packed(shape, field: 2)
    }
  }

  @Test func filesAreSortedByTheirBytes() throws {
    let process = try Process(name: "t", layout: layout(["w"]), files: files(["b", "a/c", "a", "B"]))
    #expect(process.files.map(\.name) == ["B", "a", "a/c", "b"])
    #expect(try Process(wireBytes: process.wireBytes, limit: 1_000) == process)
  }

  @Test(arguments: [
    "", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "./a", "a/.", "a\u{0}b", "zufluß.py", "a\nb",
    String(repeating: "a", count: 257),
  ])
  func filesLieInTheTrainersFolder(_ name: String) throws {
    #expect(throws: LedgerError.self) { try Process(name: "t", layout: layout(["w"]), files: files([name])) }
    let bytes = unchecked(tensors: [("w", [1])], files: files([name]))
    #expect(throws: WireError.self) { try Process(wireBytes: bytes, limit: 10_000) }
  }

  @Test func filesHaveOneOrderAndNoTwins() throws {
    #expect(throws: LedgerError.self) {
      try Process(name: "t", layout: layout(["w"]), files: files(["a", "a"]))
    }
    for names in [["b", "a"], ["a", "a"], ["a", "a/b", "Z"]] {
      let bytes = unchecked(tensors: [("w", [1])], files: files(names))
      #expect(throws: WireError.self, "\(names)") { try Process(wireBytes: bytes, limit: 10_000) }
    }
    let many = (0...Limits.trainerFiles).map { "f\($0 + 100)" }
    #expect(throws: LedgerError.self) { try Process(name: "t", layout: layout(["w"]), files: files(many)) }
    #expect(throws: WireError.self) {
      try Process(wireBytes: unchecked(tensors: [("w", [1])], files: files(many)), limit: 100_000)
    }
  }

  @Test func tensorsAreWhatEveryProgramReadsAlike() throws {
    for name in ["wéight", "a\u{7F}", "__metadata__", "\u{1}"] {
      #expect(throws: LedgerError.self, "\(name)") { try Process(name: "t", layout: layout([name])) }
    }
    let shapes: [[UInt64]] = [
      [0], [1, 0], [1 << 31], [1 << 63], [1 << 16, 1 << 16], [UInt64](repeating: 1, count: 9),
    ]
    for shape in shapes {
      let bytes = unchecked(tensors: [("w", shape)])
      #expect(throws: WireError.self, "\(shape)") { try Process(wireBytes: bytes, limit: 10_000) }
    }
    for tensors in [[], [("w", [1]), ("w", [1])], [("", [1])]] as [[(name: String, shape: [UInt64])]] {
      #expect(throws: WireError.self) { try Process(wireBytes: unchecked(tensors: tensors), limit: 10_000) }
    }
    #expect(throws: WireError.self) {
      try Process(wireBytes: unchecked(name: "", tensors: [("w", [1])]), limit: 10_000)
    }
    let scalar = try Process(wireBytes: unchecked(tensors: [("w", [])]), limit: 10_000)
    #expect(scalar.layout.count == 1)
  }

  /// As many tensors as there may be fit with short names; a transaction always has room for what is let in.
  @Test func specificationsStayWithinATransaction() throws {
    let most = try Process(name: "t", layout: layout((0..<Limits.tensors).map { "layer.\($0).weight" }))
    #expect(TrainerSpecification.process(most).wireBytes.count <= Limits.trainerSpecificationBytes)
    let long = (0..<Limits.tensors).map { "\($0)" + String(repeating: "x", count: 60) }
    #expect(throws: LedgerError.self) { try Process(name: "t", layout: layout(long)) }
    #expect(throws: LedgerError.self) {
      try Process(name: "t", layout: layout((0...Limits.tensors).map { "\($0)" }))
    }
    #expect(2 * Limits.trainerSpecificationBytes <= Envelope.bodyBytesLimit)
  }

  @Test func aTaskHasAsManyParametersAsItsTensors() throws {
    let process = try Process(name: "t", layout: layout(["w", "b"]))
    for (count, isRight) in [(12, true), (11, false), (13, false)] as [(UInt64, Bool)] {
      let task = TaskSpecification(
        name: "n", trainer: .process(process), parameterCount: count, firstWeights: .zero,
        firstParametersRoot: .zero,
        training: TrainingPlan(.steps(1), batchSize: 1, learningRateMillionths: 1),
        merge: LedgerWorld.policy(),
        reward: RewardPolicy(unitsPerVersion: 1, authorBasisPoints: 0, validatorBasisPoints: 0))
      #expect((try? TaskSpecification(wireBytes: task.wireBytes, limit: 10_000)) == (isRight ? task : nil))
    }
  }

  @Test func aTrainerIsOneOfTwoKinds() throws {
    let process = try Process(name: "t", layout: layout(["w"]))
    var both = WireWriter()
    both.string("softmax(4,3)", field: 1)
    both.message(process, field: 2)
    for bytes in [both.bytes, []] {
      #expect(throws: WireError.self) { try TrainerSpecification(wireBytes: bytes, limit: 10_000) }
    }
  }

  @Test func aPlanHasEpochsOrSteps() throws {
    for (epochs, steps, isRight) in [
      (1, 0, true), (0, 1, true), (0, 0, false), (1, 1, false), (1_001, 0, false), (0, 1_000_001, false),
      (1_000, 0, true), (0, 1_000_000, true),
    ] as [(UInt64, UInt64, Bool)] {
      var writer = WireWriter()
      for (field, value) in [epochs, steps, 1, 1].enumerated() { writer.uint64(value, field: field + 1) }
      let plan = try? TrainingPlan(wireBytes: writer.bytes, limit: 100)
      #expect((plan != nil) == isRight, "\(epochs) epochs, \(steps) steps")
      #expect(plan.map(\.wireBytes) ?? writer.bytes == writer.bytes)
    }
  }
}
