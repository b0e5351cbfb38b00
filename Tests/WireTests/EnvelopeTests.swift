import Testing
import Wire
import WireSamples

@Suite struct EnvelopeTests {
  private let key = WireSamples.key(21)

  @Test func opensWhatWasSigned() throws {
    for (kind, body) in [(0, []), (1, [0]), (UInt32.max, [UInt8](repeating: 7, count: 5000))] {
      let envelope = Envelope(kind: kind, body: body, signedBy: key)
      let opened = try Envelope.open(envelope.wireBytes)
      #expect(opened == envelope)
      #expect(opened.kind == kind && opened.body == body && opened.signer == key.publicKey)
      #expect(opened.id == envelope.id)
    }
  }

  /// The identifier's preimage is part of the format: another implementation has to arrive at it.
  @Test func identifierIsTheDigestOfKindSignerAndBody() {
    let envelope = Envelope(kind: 0x0102, body: [9, 8], signedBy: key)
    let preimage: [UInt8] = [2, 1, 0, 0, 0, 0, 0, 0] + key.publicKey.bytes + [9, 8]
    #expect(envelope.id == Digest(of: preimage, in: HashDomain("trib.envelope")))
    #expect(key.publicKey.verifies(envelope.signature, over: envelope.id.bytes))
  }

  @Test func identifierLeavesOutTheSignature() {
    let signed = Envelope(kind: 5, body: [1], signedBy: key)
    #expect(Envelope(kind: 5, body: [1], signedBy: key).id == signed.id)
    #expect(Envelope(kind: 6, body: [1], signedBy: key).id != signed.id)
    #expect(Envelope(kind: 5, body: [2], signedBy: key).id != signed.id)
    #expect(Envelope(kind: 5, body: [1], signedBy: WireSamples.key(22)).id != signed.id)
  }

  @Test func refusesEveryChangedByte() {
    let bytes = Envelope(kind: 300, body: Array("pay to the bearer".utf8), signedBy: key).wireBytes
    for index in bytes.indices {
      for change in [1, 0x80, 0xFF] as [UInt8] {
        var tampered = bytes
        tampered[index] ^= change
        #expect(throws: WireError.self, "byte \(index) ^ \(change)") { try Envelope.open(tampered) }
      }
    }
  }

  @Test func refusesEveryTruncationAndAnyTrailingByte() {
    let bytes = Envelope(kind: 1, body: [1, 2, 3], signedBy: key).wireBytes
    for count in bytes.indices {
      #expect(throws: WireError.self, "\(count) bytes") { try Envelope.open(Array(bytes.prefix(count))) }
    }
    for byte in [0, 8, 34, 255] as [UInt8] {
      #expect(throws: WireError.self) { try Envelope.open(bytes + [byte]) }
    }
  }

  @Test func namesTheSignatureThatDoesNotVerify() throws {
    let honest = Envelope(kind: 1, body: [1], signedBy: key)
    // Another's name over the same body and signature.
    var forged = honest.wireBytes
    let signerOffset = 4
    forged.replaceSubrange(signerOffset..<signerOffset + 32, with: WireSamples.key(22).publicKey.bytes)
    #expect(try Envelope(wireBytes: forged, limit: Envelope.bytesLimit).isSignatureValid == false)
    let error = #expect(throws: WireError.self) { try Envelope.open(forged) }
    #expect(error?.code == .badSignature)
    #expect(error?.field == 4)
  }

  @Test func limitsTheBody() throws {
    let greatest = Envelope(
      kind: .max, body: [UInt8](repeating: 1, count: Envelope.bodyBytesLimit), signedBy: key)
    #expect(try Envelope.open(greatest.wireBytes) == greatest)
    let longer = Envelope(kind: 1, body: greatest.body + [1], signedBy: key)
    #expect(throws: WireError.self) { try Envelope.open(longer.wireBytes) }
    let kindTooGreat = [0x08, 0x80, 0x80, 0x80, 0x80, 0x10] + greatest.wireBytes.dropFirst(6)
    let error = #expect(throws: WireError.self) { try Envelope.open(Array(kindTooGreat)) }
    #expect(error?.code == .limitExceeded)
    #expect(error?.field == 1)
  }
}
