import Testing
import Wire
import WireSamples

@Suite struct DigestTests {
  @Test func agreesWithHashlib() {
    #expect(DigestGoldens.cases.count == 30)
    for (tag, length, hex) in DigestGoldens.cases {
      let input = (0..<length).map { UInt8(truncatingIfNeeded: 7 * $0 + 3) }
      #expect(Digest(of: input, in: HashDomain(tag)).hex == hex, "tag \(tag), \(length) bytes")
    }
  }

  @Test func hashesPiecesAsOneString() {
    let domain = HashDomain("trib.test")
    let digest = WireSamples.digest(1)
    var hasher = DigestHasher(in: domain)
    hasher.update([1, 2])
    hasher.update([])
    hasher.update(0x0102_0304_0506_0708 as UInt64)
    hasher.update(digest)
    let whole = [1, 2] + [8, 7, 6, 5, 4, 3, 2, 1] + digest.bytes
    #expect(hasher.finish() == Digest(of: whole, in: domain))
    #expect(DigestHasher(in: domain).finish() == Digest(of: [], in: domain))
  }

  @Test func keepsItsBytesAndItsDigits() {
    for number in 0..<50 as Range<UInt64> {
      let digest = WireSamples.digest(number)
      #expect(Digest(bytes: digest.bytes) == digest)
      #expect(Digest(hex: digest.hex) == digest)
      #expect(digest.description == digest.hex)
      #expect(digest.hex.hasPrefix(digest.short) && digest.short.count == 8)
      #expect(digest.leadingWord == digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
    #expect(Digest.zero.bytes == [UInt8](repeating: 0, count: 32))
  }

  @Test func refusesOtherLengthsAndSpellings() {
    let hex = WireSamples.digest(1).hex
    #expect(Digest(bytes: [UInt8](repeating: 1, count: 31)) == nil)
    #expect(Digest(bytes: [UInt8](repeating: 1, count: 33)) == nil)
    #expect(Digest(hex: String(hex.dropLast())) == nil)
    #expect(Digest(hex: String(hex.dropLast(2))) == nil)
    #expect(Digest(hex: hex + "00") == nil)
    #expect(Digest(hex: hex.uppercased()) == nil)
    #expect(Digest(hex: "g" + hex.dropFirst()) == nil)
    #expect(Digest(hex: " " + hex.dropFirst()) == nil)
  }

  @Test func isOrderedAsItsBytes() {
    var digests = (0..<60 as Range<UInt64>).map(WireSamples.digest)
    // Differences in one byte only, at the ends of each word.
    for index in [0, 7, 8, 15, 16, 23, 24, 31] {
      var bytes = [UInt8](repeating: 0x80, count: 32)
      bytes[index] = 0x7F
      digests += [Digest(bytes: bytes) ?? .zero]
      bytes[index] = 0x81
      digests += [Digest(bytes: bytes) ?? .zero]
    }
    for left in digests {
      for right in digests {
        #expect((left < right) == left.bytes.lexicographicallyPrecedes(right.bytes))
      }
    }
  }

  @Test func hexKnowsOneSpelling() {
    let all = (0...255).map { UInt8($0) }
    #expect(Hex.decode(Hex.encode(all)) == all)
    #expect(Hex.encode([0, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
    #expect(Hex.decode("") == [])
    for text in ["0", "0G", "0A", "0x", "é", " 0", "0/", "0:", "0`", "0g"] {
      #expect(Hex.decode(text) == nil, "\(text)")
    }
  }
}
