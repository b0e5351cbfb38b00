import Testing
import Wire
import WireSamples

@Suite struct WireCodecTests {
  @Test func everyFieldKindReturns() throws {
    for message in [EveryKind.least, .full, .extreme] {
      #expect(try EveryKind(wireBytes: message.wireBytes, limit: 4096) == message)
    }
  }

  @Test func integersOfEverySizeReturn() throws {
    for bits in 0..<64 as Range<UInt64> {
      for unsigned in [1 << bits, 1 << bits - 1, 1 << bits + 1] as [UInt64] {
        var message = EveryKind.least
        message.unsigned = unsigned
        message.signed = Int64(bitPattern: unsigned)
        message.packed = [unsigned, 0, unsigned]
        message.packedSigned = [Int64(bitPattern: unsigned), -Int64(clamping: unsigned)]
        #expect(try EveryKind(wireBytes: message.wireBytes, limit: 4096) == message, "\(unsigned)")
      }
    }
  }

  /// Bytes worked out by hand from protobuf's encoding guide.
  @Test func writesProtobufsBytes() {
    var writer = WireWriter()
    writer.uint64(150, field: 1)
    writer.sint64(-1, field: 2)
    writer.string("testing", field: 3)
    writer.packed([3, 270, 86942], field: 6)
    writer.message(EveryKind.Inner(number: 150), field: 16)
    #expect(
      Hex.encode(writer.bytes) == "089601" + "1001" + "1a0774657374696e67" + "3206038e029ea705"
        + "820103089601")
  }

  @Test func leavesDefaultsOut() {
    var writer = WireWriter()
    writer.uint64(0, field: 1)
    writer.sint64(0, field: 2)
    writer.bytes([], field: 3)
    writer.string("", field: 4)
    writer.digests([], field: 5)
    writer.message(nil as EveryKind.Inner?, field: 6)
    writer.messages([] as [EveryKind.Inner], field: 7)
    writer.packed([], field: 8)
    writer.packedSigned([], field: 9)
    #expect(writer.bytes == [])
    writer.message(EveryKind.Inner(number: 0), field: 10)
    #expect(writer.bytes == [0x52, 0])
  }

  @Test func textKeepsItsScalars() throws {
    // Equal as Swift strings, different as bytes: neither may turn into the other.
    for text in ["\u{E9}", "e\u{301}", "\0", "a\0b"] {
      var message = EveryKind.least
      message.text = text
      let returned = try EveryKind(wireBytes: message.wireBytes, limit: 4096)
      #expect(Array(returned.text.utf8) == Array(text.utf8))
    }
  }

  @Test func errorsNameTheMessageTheFieldAndTheByte() throws {
    // Inner's field 1 holds a padded varint; Inner is field 9, after 137 - 4 bytes or so.
    var bytes = EveryKind.least.wireBytes
    #expect(bytes.suffix(2) == [0x4A, 0])
    bytes.replaceSubrange((bytes.count - 1)..., with: [3, 0x08, 0x81, 0x00])
    let error = try #require(
      #expect(throws: WireError.self) { try EveryKind(wireBytes: bytes, limit: 4096) })
    #expect(error.code == .notMinimal)
    #expect(error.subject == "EveryKind.Inner")
    #expect(error.field == 1)
    #expect(error.offset == 3)
    #expect("\(error)".contains("EveryKind.Inner, field 1, byte 3"))
  }

  @Test func theLimitIsOnTheWholeMessage() throws {
    let bytes = EveryKind.full.wireBytes
    #expect(try EveryKind(wireBytes: bytes, limit: bytes.count) == .full)
    let error = #expect(throws: WireError.self) { try EveryKind(wireBytes: bytes, limit: bytes.count - 1) }
    #expect(error?.code == .limitExceeded)
  }
}
