import Testing
import Wire
import WireSamples

/// One refusal of each kind, made by changing one field of a good message.
@Suite struct WireRefusalTests {
  /// A good message's fields, by number.
  private struct Fields {
    var parts: [(number: Int, bytes: [UInt8])]

    init(_ bytes: [UInt8]) {
      parts = (WireField.split(bytes) ?? []).map { (Int($0.number), $0.bytes) }
    }

    var bytes: [UInt8] { parts.flatMap(\.bytes) }

    mutating func replace(_ number: Int, with bytes: [UInt8]) {
      guard let index = parts.firstIndex(where: { $0.number == number }) else { return }
      parts[index].bytes = bytes
    }
  }

  private let good = Fields(EveryKind.full.wireBytes)
  private let repeated: Set<Int> = [6, 11]

  private func refusal(
    _ bytes: [UInt8], _ note: String, at location: SourceLocation = #_sourceLocation
  ) -> WireError? {
    let comment = Comment(rawValue: note)
    return #expect(throws: WireError.self, comment, sourceLocation: location) {
      try EveryKind(wireBytes: bytes, limit: 4096)
    }
  }

  private func refusal(replacing field: Int, with bytes: [UInt8]) -> WireError? {
    var fields = good
    fields.replace(field, with: bytes)
    return refusal(fields.bytes, "field \(field) = \(Hex.encode(bytes))")
  }

  @Test func theUnchangedMessageIsAccepted() throws {
    #expect(try EveryKind(wireBytes: good.bytes, limit: 4096) == .full)
    #expect(Set(good.parts.map(\.number)) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16])
  }

  @Test func unknownFields() {
    for number in [12, 13, 14, 17, 1000] as [UInt64] {
      let unknown = WireField(number: number, type: 0, content: [1]).bytes
      var fields = good
      let place = fields.parts.firstIndex { $0.number > number } ?? fields.parts.count
      fields.parts.insert((Int(number), unknown), at: place)
      #expect(refusal(fields.bytes, "field \(number)")?.code == .unexpectedField)
    }
  }

  @Test func repeatedFields() {
    for (index, part) in good.parts.enumerated() where !repeated.contains(part.number) {
      var fields = good
      fields.parts.insert(part, at: index)
      #expect(refusal(fields.bytes, "field \(part.number) twice") != nil)
    }
  }

  @Test func unorderedFields() {
    for index in good.parts.indices.dropLast()
    where good.parts[index].number != good.parts[index + 1].number {
      var fields = good
      fields.parts.swapAt(index, index + 1)
      #expect(refusal(fields.bytes, "fields \(index) and \(index + 1) swapped") != nil)
    }
  }

  @Test func absentRequiredFields() {
    for number in [5, 7, 8, 9] {
      var fields = good
      fields.parts.removeAll { $0.number == number }
      let error = refusal(fields.bytes, "without field \(number)")
      #expect(error?.code == .missingField)
      #expect(error?.field == number)
    }
  }

  @Test func varintsThatAreNotMinimal() {
    // The value, the length, the tag, an element, a zero.
    for (field, bytes) in [
      (1, [0x08, 0xAC, 0x82, 0x00]), (1, [0x08, 0x81, 0x80, 0x00]), (1, [0x88, 0x00, 0x05]),
      (3, [0x1A, 0x81, 0x00, 0x05]), (3, [0x9A, 0x80, 0x00, 0x01, 0x05]), (9, [0x4A, 0x80, 0x00]),
      (9, [0x4A, 0x03, 0x08, 0x85, 0x00]), (15, [0x7A, 0x02, 0x80, 0x00]), (15, [0x7A, 0x02, 0x81, 0x00]),
    ] as [(Int, [UInt8])] {
      #expect(refusal(replacing: field, with: bytes)?.code == .notMinimal, "\(Hex.encode(bytes))")
    }
  }

  @Test func varintsBeyond64Bits() {
    let nines = [UInt8](repeating: 0xFF, count: 9)
    #expect(refusal(replacing: 1, with: [0x08] + nines + [0x02])?.code == .invalidValue)
    #expect(refusal(replacing: 1, with: [0x08] + nines + [0x81, 0x00])?.code == .invalidValue)
    #expect(refusal(replacing: 2, with: [0x10] + nines + [0x7F])?.code == .invalidValue)
  }

  @Test func defaultsThatAreWrittenOut() {
    for (field, bytes) in [
      (1, [0x08, 0x00]), (2, [0x10, 0x00]), (3, [0x1A, 0x00]), (4, [0x22, 0x00]), (15, [0x7A, 0x00]),
      (16, [0x82, 0x01, 0x00]), (9, [0x4A, 0x02, 0x08, 0x00]),
    ] as [(Int, [UInt8])] {
      #expect(refusal(replacing: field, with: bytes)?.code == .notMinimal, "\(Hex.encode(bytes))")
    }
  }

  @Test func otherWireTypes() {
    for part in good.parts where part.number < 16 {
      for type in 0..<8 as Range<UInt8> where type != part.bytes[0] & 7 {
        var bytes = part.bytes
        bytes[0] = bytes[0] & 0xF8 | type
        #expect(
          refusal(replacing: part.number, with: bytes)?.code == .wrongWireType, "\(part.number), \(type)")
      }
    }
  }

  @Test func valuesOverTheirLimits() {
    let digest: [UInt8] = [0x32, 0x20] + [UInt8](repeating: 1, count: 32)
    let cases: [(Int, [UInt8])] = [
      (1, [0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01]),
      (3, [0x1A, 0xAD, 0x02] + [UInt8](repeating: 1, count: EveryKind.blobBytesLimit + 1)),
      (4, [0x22, 65] + [UInt8](repeating: 0x61, count: EveryKind.textBytesLimit + 1)),
      (6, (0..<EveryKind.countLimit).flatMap { _ in digest }),
      (11, (0..<EveryKind.countLimit).flatMap { _ in [0x5A, 0x00] as [UInt8] }),
      (15, [0x7A, 0x06, 1, 1, 1, 1, 1, 1]),
      (16, [0x82, 0x01, 0x06, 1, 1, 1, 1, 1, 1]),
    ]
    for (field, bytes) in cases {
      let error = refusal(replacing: field, with: bytes)
      #expect(error?.code == .limitExceeded, "field \(field)")
      #expect(error?.field == field)
    }
  }

  @Test func fixedLengthsThatDiffer() {
    for (field, count) in [(5, 32), (6, 32), (7, 32), (8, 64)] {
      for length in [0, 1, count - 1, count + 1] {
        let bytes = [UInt8(field << 3 | 2), UInt8(length)] + [UInt8](repeating: 1, count: length)
        #expect(refusal(replacing: field, with: bytes) != nil)
      }
    }
  }

  @Test func textThatIsNotUTF8() {
    // A stray continuation, a cut sequence, an overlong slash, a surrogate, a scalar beyond U+10FFFF.
    for text in [
      [0x80], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0xFF],
    ]
      as [[UInt8]]
    {
      let error = refusal(replacing: 4, with: [0x22, UInt8(text.count)] + text)
      #expect(error?.code == .invalidValue, "\(text)")
      #expect(error?.field == 4)
    }
  }

  @Test func lengthsBeyondTheInput() {
    let most = [UInt8](repeating: 0xFF, count: 9) + [0x01]
    for field in [3, 4, 5, 9, 10, 15] {
      let error = refusal(replacing: field, with: [UInt8(field << 3 | 2)] + most)
      #expect(error?.code == .truncated, "field \(field)")
    }
  }

  @Test func everyTruncation() {
    let bytes = good.bytes
    // Where an optional field ends, the rest is a shorter message of the same kind.
    var whole: Set<Int> = []
    var end = 0
    for part in good.parts {
      end += part.bytes.count
      if part.number >= 9 { whole.insert(end) }
    }
    for count in 0..<bytes.count where !whole.contains(count) {
      #expect(refusal(Array(bytes.prefix(count)), "\(count) bytes") != nil)
    }
  }

  @Test func trailingBytes() {
    for trailer in [[0], [0, 0], [0x80], [0xFF], [0x07], good.parts[0].bytes] as [[UInt8]] {
      #expect(refusal(good.bytes + trailer, "trailer \(trailer)") != nil)
    }
    #expect(refusal(good.bytes + [0], "a zero tag")?.code == .trailingBytes)
  }

  @Test func trailingBytesInsideOfAMessage() {
    #expect(refusal(replacing: 9, with: [0x4A, 0x03, 0x08, 0x05, 0x00])?.code == .trailingBytes)
    #expect(refusal(replacing: 9, with: [0x4A, 0x04, 0x08, 0x05, 0x08, 0x05])?.code == .unexpectedField)
    #expect(refusal(replacing: 10, with: [0x52, 0x02, 0x10, 0x05])?.code == .unexpectedField)
  }
}
