import Learning
import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct IDXTests {
  private let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 51, 255, 1, 2, 3]
  private let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 7, 0]

  @Test func imagesAndLabelsBecomeADataset() throws {
    let dataset = try IDX.dataset(images: images, labels: labels)
    #expect(dataset.featureCount == 3)
    #expect(dataset.labels == [7, 0])
    #expect(dataset.features.prefix(3) == [0, 0.2, 1])
  }

  @Test func everyTruncationAndExtensionIsRefused() {
    for count in 0..<images.count {
      #expect(throws: LearningError.self, "first \(count) bytes") {
        try IDX.parse(Array(images.prefix(count)))
      }
    }
    #expect(throws: LearningError.self) { try IDX.parse(images + [0]) }
  }

  @Test func everyDamagedHeaderByteIsRefused() throws {
    for offset in 0..<16 {
      for bit in 0..<8 {
        var damaged = images
        damaged[offset] ^= 1 << bit
        #expect(throws: LearningError.self, "byte \(offset), bit \(bit)") { try IDX.parse(damaged) }
      }
    }
  }

  @Test func hugeDimensionsAllocateNothing() {
    let huge: [UInt8] = [0, 0, 8, 4] + [UInt8](repeating: 255, count: 16)
    #expect(
      throws: LearningError.invalidIDX(
        byteOffset: 4, reason: "the dimensions ask for more than 1073741824 values")
    ) {
      try IDX.parse(huge)
    }
  }

  @Test func partsMustMatch() {
    #expect(throws: LearningError.self) { try IDX.dataset(images: labels, labels: labels) }
    #expect(throws: LearningError.self) { try IDX.dataset(images: images, labels: images) }
    #expect(throws: LearningError.self) {
      try IDX.dataset(images: images, labels: [0, 0, 8, 1, 0, 0, 0, 1, 7])
    }
    #expect(throws: LearningError.labelOutOfRange(example: 0, label: 7, classCount: 5)) {
      try IDX.dataset(images: images, labels: labels, classCount: 5)
    }
  }
}

@Suite(.timeLimit(.minutes(10))) struct CSVTests {
  private func parse(
    _ text: String, label: CSV.LabelColumn = .index(0), header: CSV.Header = .absent, classCount: Int? = nil
  ) throws -> Dataset {
    try CSV.dataset(Array(text.utf8), label: label, header: header, classCount: classCount)
  }

  @Test(arguments: [
    "0,1.5,-2\n1,3e-1,+4\n", "0,1.5,-2\r\n1,0.3,4", "\u{FEFF}0,1.5,-2\n\n1,.3,4.0\n\n",
    "\"0\",\"1.5\",-2\n 1 ,\t0.30 , 4\n",
  ])
  func spellingsOfOneTable(text: String) throws {
    let dataset = try parse(text)
    #expect(dataset.features == [1.5, -2, 0.3, 4])
    #expect(dataset.labels == [0, 1])
    #expect(dataset.classCount == 2)
  }

  @Test func labelsAreFoundByName() throws {
    let text = "a,\"kind, said \"\"label\"\"\",b\n1,0,2\n3,4,5\n"
    let dataset = try parse(text, label: .named("kind, said \"label\""), header: .present)
    #expect(dataset.features == [1, 2, 3, 5])
    #expect(dataset.labels == [0, 4])
    #expect(dataset.classCount == 5)
    #expect(try parse(text, label: .index(1), header: .present, classCount: 9).classCount == 9)
  }

  @Test(arguments: [
    ("0,1\n1,x\n", 2, 2), ("0,1\n1\n", 2, 2), ("0,1\n1,2,3\n", 2, 3), ("0,1\n-1,2\n", 2, 1),
    ("0,1\n1.0,2\n", 2, 1), ("0,nan\n", 1, 2), ("0,inf\n", 1, 2), ("0,0x10\n", 1, 2), ("0,1e99\n", 1, 2),
    ("0,\n", 1, 2), ("0,\"1\n", 1, 2), ("0,\"1\"2\n", 1, 2), ("0,1\n70000,1\n", 2, 1), ("5\n", 1, 1),
    ("0,\"\n\n\"\n0,1\n", 1, 2), ("0,1 2\n", 1, 2),
  ])
  func errorsNameLineAndColumn(text: String, line: Int, column: Int) {
    do {
      _ = try parse(text)
      Issue.record("accepted \(text.debugDescription)")
    } catch LearningError.invalidCSV(let foundLine, let foundColumn, _) {
      #expect(foundLine == line && foundColumn == column, "\(text.debugDescription)")
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func filesWithoutExamplesOrLabelsAreRefused() {
    #expect(throws: LearningError.self) { try parse("") }
    #expect(throws: LearningError.self) { try parse("\n\n") }
    #expect(throws: LearningError.self) { try parse("a,b\n", label: .named("a"), header: .present) }
    #expect(throws: LearningError.self) { try parse("a,b\n0,1\n", label: .named("c"), header: .present) }
    #expect(throws: LearningError.self) { try parse("a,a\n0,1\n", label: .named("a"), header: .present) }
    #expect(throws: LearningError.self) { try parse("0,1\n", label: .named("a")) }
    #expect(throws: LearningError.self) { try parse("0,1\n", label: .index(2)) }
    #expect(throws: LearningError.self) { try parse("0,1\n", label: .index(-1)) }
    #expect(throws: LearningError.self) { try parse("3,1\n", classCount: 3) }
    #expect(throws: LearningError.self) {
      try CSV.dataset([0xFF, 0x2C, 0x31], label: .index(0), header: .absent)
    }
  }

  @Test func randomBytesNeverCrash() {
    for seed in 0..<300 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let alphabet = Array("01,\"\n\r.e-\u{E9}".utf8)
      let bytes = (0..<random.integer(below: 40)).map { _ in alphabet[random.integer(below: alphabet.count)] }
      if let dataset = try? CSV.dataset(bytes, label: .index(0), header: .absent) {
        #expect(dataset.count > 0, "seed \(seed)")
        #expect(dataset.features.allSatisfy { $0.isFinite }, "seed \(seed)")
      }
    }
  }
}

@Suite(.timeLimit(.minutes(10))) struct GzipTests {
  /// "tributary" a thousand times: Python's `gzip.compress(b"tributary" * 1000, 9, mtime=0)`.
  private static let compressed: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 198, 161, 17, 0, 48, 8, 4, 176, 89, 91, 87, 203, 61, 130,
    237, 217, 163, 151, 168, 164, 222, 237, 156, 154, 136, 136, 136, 136, 136, 136, 136, 136, 136, 136,
    136, 136, 136, 136, 136, 136, 136, 252, 155, 5, 177, 216, 144, 110, 40, 35, 0, 0,
  ]
  private static let content = [UInt8](String(repeating: "tributary", count: 1_000).utf8)

  @Test func contentComesBack() throws {
    #expect(Gzip.isCompressed(Self.compressed))
    #expect(!Gzip.isCompressed([0x1F]))
    #expect(try Gzip.inflate(Self.compressed) == Self.content)
    #expect(try Gzip.inflate(Self.compressed, limitBytes: 9_000).count == 9_000)
  }

  @Test func theLimitHolds() {
    for limit in [0, 1, 8_999] {
      #expect(throws: LearningError.self, "limit \(limit)") {
        try Gzip.inflate(Self.compressed, limitBytes: limit)
      }
    }
  }

  @Test func everyTruncationIsRefused() {
    for count in 0..<Self.compressed.count {
      #expect(throws: LearningError.self, "first \(count) bytes") {
        try Gzip.inflate(Array(Self.compressed.prefix(count)))
      }
    }
    #expect(throws: LearningError.self) { try Gzip.inflate(Self.compressed + [0]) }
  }

  @Test func noDamageChangesTheContent() {
    for offset in Self.compressed.indices {
      for bit in 0..<8 {
        var damaged = Self.compressed
        damaged[offset] ^= 1 << bit
        // A few header bits carry no content, such as the time; then the content must be the same.
        if let content = try? Gzip.inflate(damaged) {
          #expect(content == Self.content, "byte \(offset), bit \(bit)")
        }
      }
    }
  }
}
