import Numerics
import Testing

@testable import Trainers

@Suite struct FrameTests {
  private static let messages = ["{}", "{\"id\": 1}", String(repeating: "x", count: 70_000)]
  private static let stream = messages.flatMap(TrainerFrame.encode)

  private static func read(_ parts: [ArraySlice<UInt8>]) throws -> [String] {
    var reader = FrameReader()
    var found: [String] = []
    for part in parts {
      reader.append(part)
      while let message = try reader.next() { found.append(String(decoding: message, as: UTF8.self)) }
    }
    #expect(reader.isEmpty)
    return found
  }

  @Test func everySplitOfAStreamReadsAlike() throws {
    let short = Self.messages[..<2].flatMap(TrainerFrame.encode)
    for first in 0...short.count {
      for second in first...short.count {
        let parts = [short[..<first], short[first..<second], short[second...]]
        #expect(try Self.read(parts) == Array(Self.messages[..<2]), "\(first), \(second)")
      }
    }
    var random = SeededRandom(seed: 91)
    for round in 0..<50 {
      var cuts = (0..<8).map { _ in random.integer(below: Self.stream.count) }.sorted()
      cuts = [0] + cuts + [Self.stream.count]
      let parts = zip(cuts, cuts.dropFirst()).map { Self.stream[$0..<$1] }
      #expect(try Self.read(parts) == Self.messages, "seed 91, round \(round)")
    }
  }

  @Test func aTruncatedStreamWaitsAndHoldsNoMoreThanItWasGiven() throws {
    for length in 0..<Self.stream.count where length < 40 || length % 977 == 0 {
      var reader = FrameReader()
      reader.append(Self.stream[..<length])
      var bytes = 0
      while let message = try reader.next() { bytes += TrainerFrame.headBytes + message.count }
      #expect(bytes <= length)
    }
  }

  /// A byte that was changed is found, unless it is one of a message.
  @Test func aCorruptHeadIsRefused() throws {
    let frame = TrainerFrame.encode("{\"id\": 1}")
    for place in 0..<4 {
      for bit in 0..<8 {
        var bytes = frame
        bytes[place] ^= 1 << bit
        var reader = FrameReader()
        reader.append(bytes[...place])
        #expect(throws: TrainerFault.self, "byte \(place), bit \(bit)") { try reader.next() }
      }
    }
    for length in [0, 1, 1_048_577, UInt32.max] {
      var reader = FrameReader()
      reader.append(TrainerFrame.magic + (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
      #expect(throws: TrainerFault.self, "\(length)") { try reader.next() }
    }
  }

  @Test func whatWasPrintedIsShownWithoutControls() throws {
    var reader = FrameReader()
    reader.append(Array("epoch 1\n\u{1B}[31mloss\nTRBF\u{1}".utf8))
    let fault = #expect(throws: TrainerFault.self) { try reader.next() }
    #expect(fault?.reason.contains("\"epoch 1 \u{FFFD}[31mloss\";") == true, "\(fault?.reason ?? "")")
  }

  @Test func randomBytesNeverBecomeAMessage() throws {
    var random = SeededRandom(seed: 92)
    for round in 0..<2_000 {
      var reader = FrameReader()
      reader.append((0..<random.integer(below: 64)).map { _ in UInt8(random.integer(below: 256)) })
      let message = (try? reader.next()) ?? nil
      #expect(message == nil, "seed 92, round \(round)")
    }
  }
}

@Suite struct LastLinesTests {
  @Test func theLastLinesAreKeptShortAndPrintable() {
    var lines = LastLines()
    #expect("\(lines)" == "it wrote nothing to standard error")
    for number in 0..<1_000 { lines.append(Array("line \(number)\n".utf8)) }
    #expect(lines.texts == (980..<1_000).map { "line \($0)" })
    lines.append(Array("10%\r20%\r\n\n  \nbell\u{7}\ttab".utf8))
    #expect(lines.texts.suffix(3) == ["10%", "20%", "bell\u{FFFD} tab"])
    lines.append([0xFF, 0xFE] + [UInt8](repeating: 0x41, count: 1_000_000))
    let last = lines.texts.last ?? ""
    #expect(last.count == LastLines.lineCharactersLimit + 1 && last.hasPrefix("bell"))
  }
}
