import Testing
import Wire
import WireSamples

@Suite struct KeyTests {
  /// RFC 8032, section 7.1.
  static let vectors: [(name: String, seed: String, publicKey: String, message: String, signature: String)] =
    [
      (
        "TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
          + "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
      ),
      (
        "TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0"
          + "85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
      ),
      (
        "TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1"
          + "8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
      ),
      (
        "TEST SHA(abc)", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
          + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
      ),
    ]

  @Test(arguments: vectors.indices) func agreesWithRFC8032(index: Int) throws {
    let vector = Self.vectors[index]
    let key = try SigningKey(seed: try #require(Hex.decode(vector.seed)))
    let message = try #require(Hex.decode(vector.message))
    let signature = key.sign(message)
    #expect(key.publicKey.hex == vector.publicKey, "\(vector.name)")
    #expect(Hex.encode(signature.bytes) == vector.signature, "\(vector.name)")
    #expect(key.publicKey.verifies(signature, over: message), "\(vector.name)")
  }

  @Test func refusesEveryFlippedBit() {
    let key = WireSamples.key(1)
    let message = Array("to be signed".utf8)
    let signature = key.sign(message)
    for bit in 0..<Signature.byteCount * 8 {
      let flipped = Signature(bytes: flip(bit, of: signature.bytes))
      #expect(
        flipped.map { key.publicKey.verifies($0, over: message) } == false, "bit \(bit) of the signature")
    }
    for bit in 0..<message.count * 8 {
      #expect(!key.publicKey.verifies(signature, over: flip(bit, of: message)), "bit \(bit) of the message")
    }
    #expect(!WireSamples.key(2).publicKey.verifies(signature, over: message))
    #expect(!key.publicKey.verifies(signature, over: message + [0]))
  }

  /// Adding the group's order to the scalar gives a second signature that a lax verifier accepts (RFC 8032,
  /// 5.1.7).
  @Test func refusesASignatureVariedByTheGroupOrder() throws {
    let order = try #require(
      Hex.decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
    let key = WireSamples.key(1)
    var bytes = key.sign([1]).bytes
    var carry = 0
    for index in 0..<32 {
      carry += Int(bytes[32 + index]) + Int(order[index])
      bytes[32 + index] = UInt8(truncatingIfNeeded: carry)
      carry >>= 8
    }
    let varied = try #require(Signature(bytes: bytes))
    #expect(!key.publicKey.verifies(varied, over: [1]))
  }

  /// Under the identity as a key, R = identity and S = 0 satisfy the equation for every message.
  @Test func refusesAKeyOfSmallOrder() throws {
    let identity: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)
    let key = try #require(PublicKey(bytes: identity))
    let signature = try #require(Signature(bytes: identity + [UInt8](repeating: 0, count: 32)))
    #expect(!key.verifies(signature, over: [1, 2, 3]))
  }

  @Test func refusesOtherLengths() {
    for count in [0, 31, 33, 64] {
      let bytes = [UInt8](repeating: 9, count: count)
      #expect(PublicKey(bytes: bytes) == nil)
      #expect(throws: WireError.self) { try SigningKey(seed: bytes) }
    }
    #expect(Signature(bytes: [UInt8](repeating: 9, count: 63)) == nil)
    #expect(Signature(bytes: [UInt8](repeating: 9, count: 65)) == nil)
    #expect(PublicKey(hex: "d75a") == nil)
  }

  @Test func showsNoSecret() {
    let key = WireSamples.key(1)
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(
        !text.contains(Hex.encode(key.seed)) && !text.contains("\(key.seed[0]), \(key.seed[1])"), "\(text)")
      #expect(text.contains(key.publicKey.short))
    }
  }

  @Test func drawsDistinctKeys() throws {
    let first = try SigningKey.random()
    let second = try SigningKey.random()
    #expect(first.publicKey != second.publicKey)
    #expect(first.publicKey.verifies(first.sign([7]), over: [7]))
    #expect(try SigningKey(seed: first.seed).publicKey == first.publicKey)
  }

  private func flip(_ bit: Int, of bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    return bytes
  }
}
