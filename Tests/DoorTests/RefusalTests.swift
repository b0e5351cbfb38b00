import Agents
import AgentsTestKit
import Aggregation
import Engines
import HTTP
import Learning
import Ledger
import Numerics
import Testing
import Wire

@testable import Door

/// What the door turns away: with which name, and with nothing stored.
@Suite(.timeLimit(.minutes(2))) struct RefusalTests {
  private func packet(_ test: TestDoor, _ byte: UInt8, sequence: UInt64 = 1, base: UInt64 = 0)
    -> TestNetwork.Upload
  {
    test.network.upload([byte], by: 0, base: base, sequence: sequence)
  }

  @Test func ordersAreRefusedByName() async throws {
    try await TestDoor.with { test in
      try await test.begin()
      let network = test.network
      let stranger = try TestNetwork.key(5, "stranger", 0)
      let key = network.contributorKeys[0]
      let other = try TestNetwork(seed: 3)
      var forged = packet(test, 1).commitment.wireBytes
      forged[forged.count - 1] ^= 1
      let strange = Commitment(
        network: network.network, task: network.task, baseVersion: 0, sequence: 1, packet: .zero)
      let unknown = Commitment(
        network: network.network, task: .zero, baseVersion: 0, sequence: 1, packet: .zero)
      let registration = Transaction.registration(Registration(network: network.network, nonce: 0))
      let transfer = Transaction.transfer(
        Transfer(network: network.network, nonce: 0, recipient: key.publicKey, units: 1))
      let cases: [(String, Int, [UInt8])] = [
        ("malformed", 400, []), ("malformed", 400, [1, 2, 3]),
        ("malformed", 400, Envelope(kind: 7, body: [9], signedBy: key).wireBytes),
        ("badSignature", 401, forged), ("otherNetwork", 422, other.registration(of: 0).wireBytes),
        ("notRegistered", 403, Transaction.commitment(strange).signed(by: stranger).wireBytes),
        ("insufficientUnits", 403, registration.signed(by: stranger).wireBytes),
        ("unknownTask", 404, Transaction.commitment(unknown).signed(by: key).wireBytes),
        ("wrongNonce", 409, transfer.signed(by: key).wireBytes),
        ("futureVersion", 409, packet(test, 1, base: 1).commitment.wireBytes),
        ("oldSequence", 409, packet(test, 1, sequence: 0).commitment.wireBytes),
        ("submissionWithoutPacket", 422, packet(test, 1).submission.wireBytes),
      ]
      let before = try await test.stored()
      for (code, status, bytes) in cases where code != "submissionWithoutPacket" {
        let answer = try await test.order(bytes)
        #expect(answer.code == code && answer.status == status, "\(code): \(answer.status)")
        #expect(try await test.stored() == before, "\(code)")
      }
      let tooLong = try await test.order([UInt8](repeating: 0, count: Envelope.bytesLimit + 1))
      #expect(tooLong.code == "tooLarge" && tooLong.status == 413)
      #expect(try await test.order([], type: "application/json").code == "unsupportedMediaType")
      #expect(try await test.stored() == before)
      let commitment = packet(test, 2).commitment
      #expect(try await test.order(commitment.wireBytes).status == 201)
      #expect(try await test.order(packet(test, 2).submission.wireBytes).code == "submissionWithoutPacket")
    }
  }

  @Test func uploadsAreRefusedByName() async throws {
    try await TestDoor.with { test in
      try await test.begin()
      let upload = packet(test, 1)
      let submission = upload.submission.wireBytes
      var forged = submission
      forged[forged.count - 1] ^= 1
      let before = try await test.stored()
      #expect(try await test.upload(upload.packet, submission: nil).code == "missingSignature")
      #expect(try await test.upload(upload.packet, submission: forged).code == "badSignature")
      #expect(try await test.upload(upload.packet, submission: [7]).code == "malformed")
      #expect(try await test.upload(upload.packet, submission: submission).code == "notCommitted")
      #expect(try await test.upload(upload.packet, submission: submission, task: .zero).code == "unknownTask")
      let typed = try await test.upload(upload.packet, submission: submission, type: "text/plain")
      #expect(typed.code == "unsupportedMediaType")
      let commitment = upload.commitment.wireBytes
      #expect(try await test.upload(upload.packet, submission: commitment).code == "noSubmission")
      #expect(try await test.stored() == before)
      #expect(try await test.order(commitment).status == 201)
      #expect(try await test.upload([2], submission: submission).code == "otherPacket")
      let huge = try await test.upload([UInt8](repeating: 1, count: 100_000), submission: submission)
      #expect(huge.code == "packetTooLarge" && huge.status == 413)
      #expect(try await test.stored() == [before[0] + 1, before[1]])
      #expect(try await test.upload(upload.packet, submission: submission).status == 201)
      #expect(try await test.stored() == [before[0] + 2, before[1] + 1])
    }
  }

  @Test func firstWeightsAreTakenFromTheirAuthorAlone() async throws {
    try await TestDoor.with { test in
      let model = try ModelSpecification(parsing: TestNetwork.model)
      let weights = model.initialWeights(seed: 5)
      let bytes = FlatWeights.encode(weights)
      func creation(by author: SigningKey, escrowUnits: UInt64 = 10) -> Envelope {
        TestNetwork.creation(
          of: model, weights: weights, policy: MergePolicy(), network: test.network.network, author: author,
          escrowUnits: escrowUnits)
      }
      let stranger = try TestNetwork.key(5, "stranger", 0)
      let before = try await test.stored()
      var changed = bytes
      changed[0] ^= 1
      for (envelope, bytes, expected) in [
        (creation(by: stranger), bytes, "insufficientUnits"),
        (creation(by: test.network.author, escrowUnits: 1 << 40), bytes, "insufficientUnits"),
        (creation(by: test.network.author, escrowUnits: 0), bytes, "zeroUnits"),
        (creation(by: test.network.author), changed, "otherWeights"),
        (creation(by: test.network.author), Array(bytes.dropLast()), "otherWeights"),
        (creation(by: test.network.author), bytes + [0], "otherWeights"),
        (test.network.registration(of: 0), bytes, "noCreation"),
      ] {
        guard case .refused(let problem) = try await test.client.open(envelope, firstWeights: bytes) else {
          Issue.record("\(expected) was accepted")
          continue
        }
        #expect(problem.code == expected)
        #expect(try await test.stored() == before, "\(expected)")
      }
      let envelope = creation(by: test.network.author)
      let first = try await test.client.open(envelope, firstWeights: bytes)
      guard case .accepted = first else {
        Issue.record("the task is not opened: \(first)")
        return
      }
      #expect(try await test.client.open(envelope, firstWeights: bytes) == first, "the same is opened once")
      #expect(try await test.stored() == [before[0] + 1, before[1] + 1])
      #expect(try await test.client.blob(Digest(of: bytes, in: .blob), limitBytes: bytes.count) == bytes)
      #expect(try await test.client.task(envelope.id).name == "test")
    }
  }

  /// A creation is longer than a request's head may be.
  @Test func aTaskMayNameThousandsOfTensors() async throws {
    try await TestDoor.with { test in
      let network = test.network
      let layout = try ParameterLayout(
        (0..<Limits.tensors).map { ("layers.\($0).attention.weight", [1, 2]) })
      let weights = (0..<layout.count).map { Float($0) }
      let bytes = FlatWeights.encode(weights)
      let own = network.offer.specification
      let specification = TaskSpecification(
        name: "many", trainer: .process(try ProcessTrainerSpecification(name: "many", layout: layout)),
        parameterCount: UInt64(layout.count), firstWeights: Digest(of: bytes, in: .blob),
        firstParametersRoot: ChunkTree.over(weights).root, training: own.training, merge: own.merge,
        reward: own.reward)
      let creation = Transaction.taskCreation(
        TaskCreation(network: network.network, nonce: 0, specification: specification, escrowUnits: 10)
      ).signed(by: network.author)
      #expect(creation.wireBytes.count > 100_000)
      guard case .accepted = try await test.client.open(creation, firstWeights: bytes) else {
        Issue.record("the task is not opened")
        return
      }
      let offer = try TaskOffer(
        opening: try await test.client.creation(of: creation.id), network: network.network)
      #expect(offer.specification == specification)
      #expect(try await test.client.task(creation.id).trainer.kind == .process)
    }
  }

  @Test func longFirstWeightsAreRefusedBeforeTheyCome() async throws {
    try await TestDoor.with(nil) { configuration in
      configuration.gateway.firstWeightsBytes = 59
    } _: { test in
      let bytes = FlatWeights.encode(test.network.firstWeights)
      guard
        case .refused(let problem) = try await test.client.open(test.network.creation, firstWeights: bytes)
      else {
        Issue.record("60 bytes were accepted where 59 are")
        return
      }
      #expect(problem.code == "weightsTooLarge" && problem.status == 413)
    }
  }

  @Test func keysAndAddressesHaveRatesAndQuotas() async throws {
    // A seal would be longer than what is counted here.
    let plain = try TestNetwork(privacy: .plain)
    try await TestDoor.with(plain) { configuration in
      configuration.gateway.burstRequests = 3
      configuration.gateway.burstBytes = 10
    } _: { test in
      try await test.begin()
      let (small, large) = (
        packet(test, 1), test.network.upload([UInt8](repeating: 2, count: 8), by: 1, base: 0, sequence: 1)
      )
      #expect(try await test.order(small.commitment.wireBytes).status == 201)
      #expect(try await test.upload(small.packet, submission: small.submission.wireBytes).status == 201)
      let next = packet(test, 3, sequence: 2)
      let before = try await test.stored()
      let over = try await test.order(next.commitment.wireBytes)
      #expect(over.code == "overRate" && over.status == 429 && over.headers["retry-after"] != nil)
      #expect(try await test.stored() == before)
      #expect(try await test.order(large.commitment.wireBytes).status == 201, "other keys go on")
    }
    try await TestDoor.with(plain) { configuration in
      configuration.gateway.burstBytes = 10
    } _: { test in
      try await test.begin()
      for (sequence, expected) in [(UInt64(1), nil), (2, "overQuota")] as [(UInt64, String?)] {
        let bytes = [UInt8](repeating: UInt8(sequence), count: 8)
        let upload = test.network.upload(bytes, by: 1, base: 0, sequence: sequence)
        #expect(try await test.order(upload.commitment.wireBytes).status == 201)
        #expect(
          try await test.upload(upload.packet, submission: upload.submission.wireBytes).code == expected)
      }
    }
    try await TestDoor.with(nil) {
      $0.limits.burstRequests = 2
    } _: { test in
      let statuses = [try await test.get("/v1/head").status, try await test.get("/nowhere").status]
      #expect(statuses == [200, 404])
      for path in ["/v1/head", "/metrics", "/nowhere"] {
        #expect(try await test.get(path).code == "overRate")
      }
      #expect(try await test.order(test.network.creation.wireBytes).code == "overRate")
      #expect(try await test.stored() == [0, 1])
    }
  }

  @Test func aRepeatedOrderIsAnsweredAndNotAppliedTwice() async throws {
    try await TestDoor.with { test in
      try await test.begin()
      let upload = packet(test, 1)
      let first = try await test.order(upload.commitment.wireBytes)
      let before = try await test.stored()
      let again = try await test.order(upload.commitment.wireBytes)
      #expect(first.status == 201 && again.status == 200 && first.body == again.body)
      #expect(try await test.upload(upload.packet, submission: upload.submission.wireBytes).status == 201)
      #expect(try await test.upload(upload.packet, submission: upload.submission.wireBytes).status == 200)
      #expect(try await test.stored() == [before[0] + 1, before[1] + 1])
      var forged = upload.commitment.wireBytes
      forged[forged.count - 1] ^= 1
      #expect(try await test.order(forged).code == "badSignature", "whoever asks has to be the signer")
      // A gateway that was restarted, or another one, says the same.
      try await TestDoor.with(test.network, test.log, test.blobs) { other in
        while try await other.client.head().logLength < before[0] + 1 { await Task.yield() }
        #expect(try await other.order(upload.commitment.wireBytes).body == first.body)
      }
    }
  }

  /// Many order different things with one nonce at once: one is applied, and only its sender hears so.
  @Test func ofOrdersThatExcludeEachOtherOneIsAccepted() async throws {
    try await TestDoor.with { test in
      try await test.begin()
      let key = test.network.contributorKeys[2]
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for units in 1...16 as ClosedRange<UInt64> {
          let transfer = Transaction.transfer(
            Transfer(
              network: test.network.network, nonce: 1, recipient: test.network.author.publicKey, units: units)
          ).signed(by: key)
          group.addTask { try await test.order(transfer.wireBytes).status }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.count { $0 == 201 } == 1 && statuses.count { $0 == 409 } == 15, "\(statuses)")
      #expect(try await test.client.account(key.publicKey).nonce == 2)
    }
  }

  @Test func whatIsNotThereIsSaid() async throws {
    try await TestDoor.with { test in
      let zero = Digest.zero.hex
      for path in [
        "/", "/v1", "/v1/", "/v2/head", "/v1/head/", "/v1/tasks/abc", "/v1/tasks/\(zero)",
        "/v1/blobs/\(zero)",
        "/v1/tasks/\(zero)/versions", "/v1/tasks/\(zero)/versions/1", "/v1/tasks/\(zero)/other",
        "/v1/accounts/\(zero.uppercased())x", "/v1/accounts/\(zero)/other",
      ] {
        let answer = try await test.get(path)
        #expect(answer.status == 404 && answer.code == "notFound", "\(path): \(answer.status)")
      }
      for path in ["/v1/receipts", "/v1/receipts?contributor=12", "/v1/receipts?contributor=\(zero)&task=x"] {
        #expect(try await test.get(path).code == "badQuery", "\(path)")
      }
      for (method, path, allowed) in [
        ("POST", "/v1/head", "GET, HEAD"), ("DELETE", "/v1/blobs/\(zero)", "GET, HEAD"),
        ("GET", "/v1/transactions", "POST"), ("PUT", "/v1/tasks/\(zero)/packets", "POST"),
      ] {
        let answer = try await test.get(path, method: method)
        #expect(answer.code == "methodNotAllowed" && answer.headers["allow"] == allowed, "\(method) \(path)")
      }
      try await test.begin()
      let task = "/v1/tasks/\(test.network.task.hex)"
      #expect(try await test.get(task + "/versions/latest").code == "notFinal")
      #expect(try await test.get(task + "/versions/0").code == "notFinal")
      #expect(try await test.get(task + "/versions?after=x").code == "badQuery")
      #expect(try await test.get("/v1/accounts/\(zero)/proof").code == "notFinal")
      #expect(
        try await test.get(task, ["accept": "application/json"]).headers["content-type"] == "application/json"
      )
      #expect(try await test.get(task).body == test.network.creation.wireBytes)
      #expect(try await test.get("/v1/genesis").body == test.network.genesis.wireBytes)
    }
  }

  @Test func aGatewayWhoseLogIsClosedTakesNothing() async throws {
    try await TestDoor.with { test in
      try await test.begin()
      await test.log.close()
      while try await test.get("/healthz").status == 200 { await Task.yield() }
      let answer = try await test.order(packet(test, 1).commitment.wireBytes)
      #expect(answer.code == "unavailable" && answer.status == 503)
      #expect(try await test.get("/v1/head").status == 200, "what is known stays readable")
    }
  }
}
