import Agents
import AgentsTestKit
import Aggregation
import Engines
import HTTP
import Ledger
import Testing
import Wire

@testable import Door

/// Whole windows over HTTP, and what clients find afterwards.
@Suite(.timeLimit(.minutes(2))) struct WindowTests {
  /// Runs windows with real contributors and validators until a version is final.
  private func run(
    to version: UInt64, on network: TestNetwork? = nil, ordering envelopes: [Envelope] = [],
    _ body: (TestDoor, [ContributorShell]) async throws -> Void
  ) async throws {
    try await TestDoor.with(network) {
      $0.limits.checkpointVersions = 2
      // So that blobs of a few hundred bytes come in slices.
      $0.limits.sliceBytes = 16
    } _: { test in
      let network = test.network
      let validators = network.validatorKeys.indices.map { index in
        Task {
          var shell = ValidatorShell(network, index, test.log, test.blobs)
          try await shell.run()
        }
      }
      guard case .accepted = try await test.client.order(network.creation) else {
        Issue.record("the task is not opened")
        return
      }
      for envelope in envelopes { _ = try await test.client.order(envelope) }
      var shells: [ContributorShell] = []
      for index in 0..<3 { shells.append(try await ContributorShell(network, index, test.client)) }
      for index in shells.indices { try await shells[index].handle(.started) }
      for try await final in test.client.newVersions() where final.version <= version {
        if final.version == version { break }
        for index in shells.indices { try await shells[index].handle(.announced(version: final.version)) }
      }
      try await body(test, shells)
      await test.log.close()
      for validator in validators { try await validator.value }
    }
  }

  @Test func contributorsMakeVersionsOverHTTPAlone() async throws {
    try await run(to: 2) { test, shells in
      #expect(shells.flatMap(\.reports) == [])
      let client = test.client
      let task = try #require(try await client.tasks().first)
      #expect(task.id == test.network.task.hex && task.version == 2)
      // A reader who knows the genesis alone arrives at the certified weights.
      let offer = try TaskOffer(
        opening: try await client.creation(of: test.network.task), network: test.network.network)
      let weights = try await client.blob(offer.specification.firstWeights, limitBytes: 1 << 20)
      var reader = try FollowedModel(
        offer, firstWeights: try offer.firstWeights(from: weights), genesis: test.network.genesis)
      let header = try reader.follow(try await client.pull(test.network.task, after: 0))
      #expect(header?.version == 2 && reader.model.number == 2)
      let versions = try await client.versions(of: test.network.task, after: 0)
      #expect(versions.map(\.version) == [1, 2])
      #expect(try await client.versions(of: test.network.task, after: 2) == [])
      #expect(try await client.certificate(of: test.network.task, version: 3) == nil)
      let first = try #require(try await client.certificate(of: test.network.task, version: 1))
      #expect(try LightClient(test.network.genesis).check(first).root.hex == versions[0].root)
    }
  }

  @Test func aReaderFollowsValidatorsThatChange() async throws {
    let network = try TestNetwork(candidates: 1)
    try await run(to: 3, on: network, ordering: [network.bond(of: 4, units: 1_000)]) { test, shells in
      #expect(shells.flatMap(\.reports) == [])
      #expect(try await test.client.head().epoch == 1)
      var reader = try FollowedModel(
        network.offer, firstWeights: network.firstWeights, genesis: network.genesis)
      let published = try await test.client.pull(network.task, after: 0)
      #expect(published.handovers.map(\.validators.members.count) == [5])
      let without = PublishedVersion(certificate: published.certificate, steps: published.steps)
      #expect(throws: AgentError.self) { try reader.follow(without) }
      #expect(try reader.follow(published)?.epoch == 1 && reader.model.number == 3 && reader.epoch == 1)
      #expect(try await test.client.pull(network.task, after: 0, epoch: 1).handovers == [])
      let nothingNew = try await test.client.pull(network.task, after: 3)
      #expect(nothingNew.certificate == nil && nothingNew.handovers == published.handovers)
      #expect(try await test.client.handovers(after: .max) == [])
      for start in [ModelDownload.Start.checkpoint, .firstWeights] {
        let download = ModelDownload(
          test.client, genesis: network.genesis, keptIn: InMemoryBlobStore())
        let read = try await download.read(.final, of: network.task, from: start)
        #expect(read.header?.epoch == 1 && read.model == reader.model)
      }
      let light = try #require(try await test.client.proof(of: network.validatorKeys[4].publicKey))
      #expect(throws: LedgerError.missingHandovers(from: 0, to: 0)) {
        try LightClient(network.genesis).check(light)
      }
    }
  }

  @Test func accountsAreProvedAndReceiptsRead() async throws {
    try await run(to: 2) { test, shells in
      let client = test.client
      let light = LightClient(test.network.genesis)
      for key in [test.network.author, test.network.contributorKeys[1], test.network.validatorKeys[2]] {
        let proof = try #require(try await client.proof(of: key.publicKey))
        try light.check(proof)
        #expect(proof.account.key == key.publicKey)
      }
      let stranger = try TestNetwork.key(9, "stranger", 0).publicKey
      #expect(try await test.get("/v1/accounts/\(stranger.hex)/proof").code == "notFound")
      #expect(try await client.proof(of: stranger) == nil)
      let key = test.network.contributorKeys[0].publicKey
      let receipts = try await client.receipts(of: key)
      #expect(receipts.map(\.window) == [0, 1])
      let path = "/v1/receipts?contributor=\(key.hex)"
      #expect(try await test.get(path + "&task=\(test.network.task.hex)").status == 200)
      #expect(
        String(decoding: try await test.get(path + "&task=\(Digest.zero.hex)").body, as: UTF8.self) == "[]\n")
      // A contributor that lost its state learns which numbers come next.
      let account = try await client.account(key)
      #expect(account.nonce == 1 && account.isContributor)
      #expect(account.tasks.map(\.sequence).allSatisfy { $0 >= 2 } && account.tasks.count == 1)
      #expect(try await client.account(stranger).nonce == 0)
    }
  }

  @Test func aContributorThatLostItsStateGoesOn() async throws {
    try await run(to: 1) { test, _ in
      let key = test.network.contributorKeys[0].publicKey
      let before = try await test.client.standing(of: key, in: test.network.task)
      var again = try await ContributorShell(test.network, 0, test.client)
      try await again.handle(.started)
      #expect(again.reports == [] && again.contributor.version >= 1)
      let after = try await test.client.standing(of: key, in: test.network.task)
      #expect(after.isRegistered && after.nonce == before.nonce && after.sequence == before.sequence + 1)
    }
  }

  @Test func stepsComeInPartsThatMakeTheWhole() async throws {
    try await run(to: 1) { test, _ in
      let version = try #require(try await test.client.versions(of: test.network.task, after: 0).first)
      let path = "/v1/blobs/\(version.step)"
      let whole = try await test.get(path)
      #expect(whole.status == 200 && whole.headers["accept-ranges"] == "bytes")
      let tag = try #require(whole.headers["etag"])
      for size in [1, 7, whole.body.count - 1, whole.body.count] {
        var bytes: [UInt8] = []
        while bytes.count < whole.body.count {
          let part = try await test.get(
            path, ["range": "bytes=\(bytes.count)-\(bytes.count + size - 1)", "if-range": tag])
          let end = min(bytes.count + size, whole.body.count)
          #expect(part.status == 206)
          #expect(part.headers["content-range"] == "bytes \(bytes.count)-\(end - 1)/\(whole.body.count)")
          bytes += part.body
        }
        #expect(bytes == whole.body)
      }
      #expect(try await test.get(path, ["range": "bytes=0-0", "if-range": "\"other\""]).status == 200)
      #expect(try await test.get(path, ["if-none-match": tag]).status == 304)
      let beyond = try await test.get(path, ["range": "bytes=\(whole.body.count)-"])
      #expect(beyond.code == "rangeNotSatisfiable")
      #expect(beyond.headers["content-range"] == "bytes */\(whole.body.count)")
      let head = try await test.get(path, method: "HEAD")
      #expect(head.status == 200 && head.headers["content-length"] == "\(whole.body.count)")
      // Packets are stored, and not published.
      let published = try await test.blobs.digests().filter { $0.hex != version.step }
      var hidden = 0
      for digest in published where try await test.get("/v1/blobs/\(digest.hex)").status == 404 {
        hidden += 1
      }
      #expect(hidden >= 3)
    }
  }

  @Test func newcomersStartFromACertifiedCheckpoint() async throws {
    try await run(to: 3) { test, _ in
      let (client, network) = (test.client, test.network)
      var checkpoints = try await client.checkpoints(of: network.task)
      while checkpoints.isEmpty {
        await Task.yield()
        checkpoints = try await client.checkpoints(of: network.task)
      }
      #expect(checkpoints.map(\.version) == [2])
      let blob = try await client.blob(
        try #require(Digest(hex: checkpoints[0].blob)), limitBytes: checkpoints[0].bytes)
      let certificate = try #require(try await client.certificate(of: network.task, version: 2))
      var weights = FlatWeights.decode(blob)
      var late = try FollowedModel(
        network.offer, checkpoint: weights, certificate: certificate, genesis: network.genesis)
      #expect(late.model.number == 2)
      try late.follow(try await client.pull(network.task, after: 2))
      var early = try FollowedModel(
        network.offer, firstWeights: network.firstWeights, genesis: network.genesis)
      try early.follow(try await client.pull(network.task, after: 0))
      #expect(late.model == early.model && late.model.number == 3)
      weights[0] += 1
      #expect(throws: AgentError.self) {
        try FollowedModel(
          network.offer, checkpoint: weights, certificate: certificate, genesis: network.genesis)
      }
    }
  }

  @Test func eventsBeginWhereTheClientLeftOff() async throws {
    try await run(to: 2) { test, _ in
      var seen: [ServerSentEvent] = []
      for try await event in test.http.events("/v1/events") {
        seen.append(event)
        break
      }
      let event = try #require(seen.first)
      #expect(event.name == "version" && event.data.contains(#""version":2"#))
      var before = test.http.events("/v1/events", after: "\((UInt64(event.id) ?? 1) - 1)").makeAsyncIterator()
      #expect(try await before.next() == event)
      let streams = await test.eventAnswers()
      // Whoever knows it all hears nothing until the door closes.
      let silent = Task {
        try await test.http.events("/v1/events", after: event.id).reduce(into: 0) { count, _ in count += 1 }
      }
      while await test.eventAnswers() < streams + 1 { await Task.yield() }
      await test.door.close()
      #expect(try await silent.value == 0)
    }
  }

  @Test func figuresAreCounted() async throws {
    try await run(to: 1) { test, _ in
      #expect(try await test.order([1, 2, 3]).status == 400)
      #expect(try await test.get("/nowhere").status == 404)
      let answer = try await test.get("/metrics")
      #expect(answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
      let text = String(decoding: answer.body, as: UTF8.self)
      let lines = text.split(separator: "\n").map(String.init)
      #expect(lines.contains { $0.hasPrefix("tributary_gateway_blob_bytes ") })
      for line in [
        #"tributary_gateway_accepted_total{kind="packet"} 3"#,
        #"tributary_gateway_refused_total{code="malformed"} 1"#,
        #"tributary_gateway_answers_total{route="none",method="GET",status="404"} 1"#,
        #"tributary_task_version{task="\#(test.network.task.hex)"} 1"#,
      ] { #expect(lines.contains(line), "\(line)") }
      #expect(Set(lines.filter { !$0.hasPrefix("#") }).count == lines.count { !$0.hasPrefix("#") })
      let health = try await test.get("/healthz")
      #expect(
        health.status == 200 && String(decoding: health.body, as: UTF8.self).contains(#""status":"ok""#))
    }
  }
}

extension TestDoor {
  /// How many streams of events were answered.
  func eventAnswers() async -> Int {
    let text = (try? await get("/metrics")).map { String(decoding: $0.body, as: UTF8.self) } ?? ""
    let line = text.split(separator: "\n").first {
      $0.contains(#"{route="/v1/events",method="GET",status="200"}"#)
    }
    return line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
  }
}
