import Testing
import Wire

@testable import Ledger

@Suite("Light client")
struct LightClientTests {
  /// A world whose first version is final with the attestations of three of four validators.
  private func finalWorld() throws -> (world: LedgerWorld, header: VersionHeader, certificate: Certificate) {
    var world = try LedgerWorld()
    world.decide()
    for validator in 0..<2 { world.attest(validator) }
    let final = try #require(world.attest(2).final)
    return (world, final.header, final.certificate)
  }

  @Test("accepts the certificates of a chain of versions, early and late, from the genesis alone")
  func accepts() throws {
    var (world, header, certificate) = try finalWorld()
    let client = LightClient(try Genesis(wireBytes: world.genesis.wireBytes, limit: Limits.genesisBytes))
    #expect(client.network == world.network)
    #expect(try client.check(certificate) == header)
    world.attest(3)
    let late = try #require(world.state.certificate)
    #expect(late.attestations.count == 4)
    #expect(try client.check(late) == header)
    let next = try #require(world.finishWindow().final)
    #expect(try client.check(next.certificate).previousRoot == header.root)
  }

  @Test("refuses a certificate of which any byte differs, or that ends early")
  func tampered() throws {
    let (world, _, certificate) = try finalWorld()
    let client = LightClient(world.genesis)
    let bytes = certificate.wireBytes
    func accepts(_ bytes: [UInt8]) -> Bool {
      guard let decoded = try? Certificate(wireBytes: bytes, limit: Limits.certificateBytes) else {
        return false
      }
      return (try? client.check(decoded)) != nil
    }
    #expect(accepts(bytes))
    let flipped = bytes.indices.filter { index in
      var copy = bytes
      copy[index] ^= 1 << UInt8(index % 8)
      return accepts(copy)
    }
    #expect(flipped == [], "bytes that may differ")
    #expect(bytes.indices.filter { accepts(Array(bytes[..<$0])) } == [])
  }

  @Test("refuses too little stake, strangers, a signer twice, mixed headers and other networks")
  func refuses() throws {
    let (world, header, certificate) = try finalWorld()
    let client = LightClient(world.genesis)
    let all = certificate.attestations
    func signed(_ header: VersionHeader, by key: SigningKey) -> Envelope {
      Attestation(header: header, credits: .zero).signed(by: key)
    }
    let other = try LedgerWorld(stakes: [1, 1, 1, 1])
    let foreign = VersionHeader.placeholder(other.network, header.task)
    let examples: [(part: String, attestations: [Envelope])] = [
      ("nobody signed", []),
      ("200 of 400", Array(all.prefix(2))),
      ("no validator", all + [signed(header, by: world.author)]),
      ("stands twice", all + [all[0]]),
      (
        "different versions",
        Array(all.prefix(2)) + [signed(header.with(step: .zero), by: world.validators[3])]
      ),
      ("another network", world.validators.map { signed(foreign, by: $0) }),
    ]
    for (part, attestations) in examples {
      let error = #expect(throws: LedgerError.self) {
        _ = try client.check(Certificate(attestations: attestations))
      }
      #expect(error?.description.contains(part) == true, "\(String(describing: error)) should say: \(part)")
    }
    #expect(throws: LedgerError.self) { _ = try LightClient(other.genesis).check(certificate) }
  }

  @Test("refuses exactly two thirds of the stake")
  func exactlyTwoThirds() throws {
    var world = try LedgerWorld(stakes: [1, 1, 1])
    world.decide()
    let header = try #require(world.header())
    let envelopes = world.validators.map { Attestation(header: header, credits: .zero).signed(by: $0) }
    let client = LightClient(world.genesis)
    #expect(throws: LedgerError.self) {
      _ = try client.check(Certificate(attestations: Array(envelopes.prefix(2))))
    }
    #expect(try client.check(Certificate(attestations: envelopes)) == header)
  }

  @Test("proves every balance as it was when the plan was decided, and no other balance")
  func balances() throws {
    var world = try LedgerWorld()
    world.decide()
    let accounts = world.replica.accounts
    for validator in 0..<2 { world.attest(validator) }
    let certificate = try #require(world.attest(2).final).certificate
    let client = LightClient(world.genesis)
    for account in accounts.sorted {
      let proof = try #require(accounts.proof(of: account.key))
      try client.check(account, proof: proof, at: certificate)
      var richer = account
      richer.balanceUnits += 1
      var freer = account
      freer.bondUnits += 1
      var earlier = account
      earlier.nonce += 1
      for forged in [richer, freer, earlier] {
        #expect(throws: LedgerError.self) { try client.check(forged, proof: proof, at: certificate) }
      }
      for place in proof.path.indices {
        var path = proof.path
        path[place] = LedgerWorld.digest(place)
        let forged = MerkleProof(index: proof.index, count: proof.count, path: path)
        #expect(throws: LedgerError.self) { try client.check(account, proof: forged, at: certificate) }
      }
      let short = MerkleProof(index: proof.index, count: proof.count, path: proof.path.dropLast())
      #expect(throws: LedgerError.self) { try client.check(account, proof: short, at: certificate) }
    }
    let after = world.replica.accounts
    let paid = world.author.publicKey
    let proof = try #require(after.proof(of: paid))
    #expect(after[paid] != accounts[paid])
    #expect(throws: LedgerError.self) { try client.check(after[paid], proof: proof, at: certificate) }
    #expect(after.proof(of: try LedgerWorld.key(9, 0).publicKey) == nil)
  }

  @Test("a version's root covers every field but the place in the log")
  func root() throws {
    let numbers = (0..<9).map { LedgerWorld.digest($0) }
    func header(_ changed: Int) -> VersionHeader {
      let digests = numbers.enumerated().map { $0.offset == changed ? LedgerWorld.digest(99) : $0.element }
      return VersionHeader(
        network: digests[0], task: digests[1], version: changed == 9 ? 9 : 1, previousRoot: digests[2],
        plan: digests[3], step: digests[4], parametersRoot: digests[5], residualRoot: digests[6],
        accountsRoot: digests[7], logLength: changed == 11 ? 9 : 1,
        logChain: changed == 12 ? .zero : numbers[0],
        epoch: changed == 10 ? 9 : 1, nextValidators: digests[8])
    }
    let roots = (0...10).map { header($0).root }
    #expect(Set(roots + [header(13).root]).count == 12)
    #expect(header(11).root == header(13).root)
    #expect(header(12).root == header(13).root)
  }
}
