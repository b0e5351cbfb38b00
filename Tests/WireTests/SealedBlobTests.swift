import Testing
import Wire
import WireSamples

@Suite struct SealedBlobTests {
  private let context = WireSamples.sealingContext
  private let sender = WireSamples.sealer
  private let holders = (70..<74).map { WireSamples.key($0) }
  private let content = Array("nobody else's business".utf8)

  private var recipients: Recipients { Recipients(holders.map(\.publicKey)) }
  private var key: ContentKey { ContentKey(of: content, for: context, by: sender) }
  private var blob: SealedBlob {
    SealedBlob(sealing: content, under: key, to: recipients, for: context)
  }

  private func decoded(_ bytes: [UInt8]) throws -> SealedBlob {
    try SealedBlob(wireBytes: bytes, limit: 1 << 20)
  }

  @Test func everyRecipientOpensIt() throws {
    for holder in holders {
      let opened = try blob.open(by: holder, among: recipients, for: context)
      #expect(opened.content == content)
      #expect(opened.key == key)
    }
    #expect(try blob.open(with: key, sealedTo: recipients, for: context) == content)
  }

  @Test(arguments: [0, 1, 63, 64, 65, 5_000]) func contentsOfEveryLengthComeBack(_ count: Int) throws {
    let content = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    for recipientCount in 0...holders.count {
      let some = Recipients(holders.prefix(recipientCount).map(\.publicKey))
      let key = ContentKey(of: content, for: context, by: sender)
      let sealed = SealedBlob(sealing: content, under: key, to: some, for: context)
      let bytes = sealed.wireBytes
      #expect(bytes.count <= count + SealedBlob.overheadBytes(recipients: recipientCount))
      #expect(try decoded(bytes).open(with: key, sealedTo: some, for: context) == content)
    }
  }

  @Test func theOrderOfTheRecipientsDoesNotMatter() {
    let other = SealedBlob(
      sealing: content, under: key, to: Recipients(holders.reversed().map(\.publicKey)), for: context)
    #expect(other == blob)
  }

  @Test func nobodyElseOpensIt() throws {
    let stranger = WireSamples.key(80)
    #expect(throws: WireError.self) { try blob.open(by: stranger, among: recipients, for: context) }
    #expect(throws: WireError.self) { try blob.open(by: sender, among: recipients, for: context) }
    let wider = Recipients((holders + [stranger]).map(\.publicKey))
    for holder in holders + [stranger] {
      #expect(throws: WireError.self) { try blob.open(by: holder, among: wider, for: context) }
    }
    let guess = try #require(ContentKey(bytes: [UInt8](repeating: 7, count: 32)))
    #expect(throws: WireError.self) { try blob.open(with: guess, sealedTo: recipients, for: context) }
  }

  @Test func itOpensAtItsPlaceOnly() {
    let digest = WireSamples.digest(5)
    let others = [
      SealingContext(network: digest, task: context.task, contributor: context.contributor),
      SealingContext(network: context.network, task: digest, contributor: context.contributor),
      SealingContext(network: context.network, task: context.task, contributor: holders[0].publicKey),
    ]
    for other in others {
      #expect(throws: WireError.self) { try blob.open(by: holders[0], among: recipients, for: other) }
      #expect(throws: WireError.self) { try blob.open(with: key, sealedTo: recipients, for: other) }
      #expect(ContentKey(of: content, for: other, by: sender) != key)
    }
  }

  /// A validator is split from the others by nothing that a sender can write.
  @Test func everyFlippedByteIsRefusedByAll() throws {
    let bytes = blob.wireBytes
    for place in bytes.indices {
      for bit in [0, 3, 7] {
        var flipped = bytes
        flipped[place] ^= 1 << UInt8(bit)
        guard let changed = try? decoded(flipped) else { continue }
        for holder in holders {
          let error = #expect(throws: WireError.self, "byte \(place) bit \(bit)") {
            try changed.open(by: holder, among: recipients, for: context)
          }
          #expect(error?.code == .badSeal)
        }
        #expect(throws: WireError.self) { try changed.open(with: key, sealedTo: recipients, for: context) }
      }
    }
  }

  @Test func everyTruncationIsRefused() {
    let bytes = blob.wireBytes
    for count in bytes.indices {
      guard let short = try? decoded(Array(bytes.prefix(count))) else { continue }
      #expect(throws: WireError.self, "\(count) bytes") {
        try short.open(by: holders[0], among: recipients, for: context)
      }
    }
    #expect(throws: WireError.self) { try decoded(bytes + [0]) }
  }

  /// The slots of another blob, of fewer recipients and in another order, beside a ciphertext that is right.
  @Test func mixedSlotsAreRefusedByAll() throws {
    let parts = try #require(WireField.split(blob.wireBytes))
    let otherKey = ContentKey(of: [1], for: context, by: sender)
    let other = SealedBlob(sealing: content, under: otherKey, to: recipients, for: context)
    let otherParts = try #require(WireField.split(other.wireBytes))
    #expect(parts.count == 6)
    var oneGarbled = parts
    oneGarbled[2].content = [UInt8](repeating: 9, count: 32)
    var swapped = parts
    swapped.swapAt(1, 2)
    var fewer = parts
    fewer.remove(at: 4)
    // Half of the recipients are told another key, under which the ciphertext could be right.
    let split = [parts[0], parts[1], parts[2], otherParts[3], otherParts[4], parts[5]]
    let otherEphemeral = [otherParts[0]] + parts[1...]
    for (index, mixed) in [oneGarbled, swapped, fewer, split, Array(otherEphemeral)].enumerated() {
      let mixed = try decoded(mixed.flatMap(\.bytes))
      for holder in holders {
        #expect(throws: WireError.self, "case \(index)") {
          try mixed.open(by: holder, among: recipients, for: context)
        }
      }
    }
  }

  /// Points of small order have the same in common with every secret (RFC 7748, section 6.1).
  @Test func ephemeralKeysOfSmallOrderAreRefused() throws {
    for point in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
      var parts = try #require(WireField.split(blob.wireBytes))
      parts[0].content = point
      let changed = try decoded(parts.flatMap(\.bytes))
      for holder in holders {
        let error = #expect(throws: WireError.self) {
          try changed.open(by: holder, among: recipients, for: context)
        }
        #expect(error?.code == .badSeal)
      }
    }
  }

  /// Whoever writes a key into a set that is nobody's does not keep others from sealing to it.
  @Test func keysThatAreNoPointsHaveNoSlot() throws {
    let bad = [
      [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31),
      [2] + [UInt8](repeating: 0, count: 31),
    ].compactMap { PublicKey(bytes: $0) }
    let mixed = Recipients(bad + holders.map(\.publicKey))
    #expect(mixed == recipients)
    #expect(mixed.count == holders.count)
    #expect(bad.allSatisfy { mixed.place(of: $0) == nil })
  }

  @Test func keysDifferByContentSenderAndPlace() {
    let keys = [
      key, ContentKey(of: content + [0], for: context, by: sender),
      ContentKey(of: content, for: context, by: holders[0]),
    ]
    #expect(Set(keys).count == keys.count)
    #expect(Set(keys.map(\.digest)).count == keys.count)
    #expect(key == ContentKey(of: content, for: context, by: sender), "the same packet gives the same bytes")
  }

  @Test func keysAreNotShown() {
    var dumped = ""
    dump(key, to: &dumped)
    let secret = Hex.encode(key.bytes)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(!text.contains(secret) && !text.contains("\(key.bytes[0]), \(key.bytes[1])"), "\(text)")
      #expect(text.contains(key.digest.short))
    }
    for count in [0, 31, 33] { #expect(ContentKey(bytes: [UInt8](repeating: 1, count: count)) == nil) }
  }

  /// Random sets, contents and damage, from a seed that a failure names.
  @Test(arguments: 1...6 as ClosedRange<UInt64>) func recipientsNeverDisagree(_ seed: UInt64) throws {
    var mutator = Mutator(seed: seed, donors: WireSamples.all.map(\.bytes))
    let count = Int(seed) + 1
    let holders = (0..<count).map { WireSamples.key(1_000 * seed + UInt64($0)) }
    let recipients = Recipients(holders.map(\.publicKey))
    let content = WireSamples.digest(seed).bytes + [UInt8](repeating: UInt8(seed), count: 17 * count)
    let key = ContentKey(of: content, for: context, by: sender)
    let bytes = SealedBlob(sealing: content, under: key, to: recipients, for: context).wireBytes
    for round in 0..<60 {
      guard let changed = try? decoded(mutator.mutate(bytes)) else { continue }
      let opened = holders.map { try? changed.open(by: $0, among: recipients, for: context).content }
      #expect(Set(opened).count == 1, "seed \(seed), round \(round)")
      #expect(opened[0] == nil || opened[0] == content, "seed \(seed), round \(round)")
    }
  }

  /// The example of docs/WIRE.md, which Tests/Interop computes again without libsodium.
  @Test func theDocumentedExampleStands() throws {
    let recipients = Recipients(WireSamples.sealedTo.map(\.publicKey))
    let key = ContentKey(of: WireSamples.sealedContent, for: context, by: sender)
    let blob = SealedBlob(
      sealing: WireSamples.sealedContent, under: key, to: recipients, for: context)
    #expect(Hex.encode(key.bytes) == "cf62bdbe48a52a6cc495848c6e5befab928f80352d9972afc66ceaa25f5353c5")
    #expect(key.digest.hex == "9ff0b5262e046aa9e519652bb1f2609334063e70f82d99e316001fdaa13caaf8")
    let parts = try #require(WireField.split(blob.wireBytes)).map { Hex.encode($0.content) }
    #expect(
      parts == [
        "507ad037cbbcf10bc7e560c395747784eea4684c8049aaff868b402a4c75eb6c",
        "8e0948a1dded2e4b7eea17a8abe9a8a58948a27d8f745b0619e975bbf15b7f96",
        "d6aa12b78be6e25018de139ad3e1ec1c5c66a95bff8968f7d5d3a1b53c7cb434",
        "71b9156d77393e4d1593c1ec2c663acf073ec73912e1a576",
      ])
  }
}
