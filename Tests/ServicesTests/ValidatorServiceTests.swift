import AgentsTestKit
import Aggregation
import Engines
import Foundation
import Ledger
import Services
import Testing
import Updates
import Wire

/// Networks of validators as services, which stop and start again.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ValidatorServiceTests {
  @Test func validatorsMakeVersions() async throws {
    let cluster = try TestCluster(TestNetwork())
    try await cluster.begin()
    let recorders = (0..<4).map { _ in EventRecorder() }
    let services = (0..<4).map { cluster.validator($0, events: recorders[$0]) }
    let running = services.map { Running($0) }
    try await cluster.run(to: 3)
    #expect(await cluster.finals.map(\.version) == [1, 2, 3])
    for (service, events) in zip(services, recorders) {
      let final = await events.first { $0.name == "versionFinal" && $0.fields["version"] == "3" }
      #expect(final.fields["task"] == cluster.network.task.hex)
      await events.kept(3)
      let status = await service.status()
      let task = try #require(status.tasks.first)
      #expect(status.isLive && status.tasks.count == 1 && task.fault == nil && task.name == "test")
      #expect(task.version == 3 && task.computedVersion == 3)
    }
    for validator in running { try await validator.kill() }
    #expect(recorders.flatMap(\.events).filter { $0.level != .info } == [])
    #expect(await cluster.late.filter { $0 != .wrongPhase } == [], "late rows of the slowest at most")
  }

  /// Where a validator is killed: at its order of a kind, before or after it stands in the log.
  struct Place: Sendable, CustomTestStringConvertible {
    let kind: Transaction.Kind
    let window: UInt64
    let moment: Death.Moment
    var testDescription: String { "\(kind) of window \(window), \(moment)" }

    static let all: [Place] = [
      .seedCommitment, .seedReveal, .assessmentCommitment, .assessment, .creditedAttestation,
    ].flatMap { kind in
      [0, 1].flatMap { window in
        Death.Moment.allCases.map { Place(kind: kind, window: window, moment: $0) }
      }
    }

    func isReached(by record: LogAppend) -> Bool {
      guard let envelope = try? Envelope.open(record.bytes), envelope.kind == kind.rawValue,
        let transaction = try? Transaction(envelope)
      else { return false }
      switch transaction {
      case .seedCommitment(let message): return message.window == window
      case .seedReveal(let message): return message.window == window
      case .assessmentCommitment(let message): return message.window == window
      case .assessment(let message): return message.window == window
      case .attestation(let message):
        return (try? Attestation(opening: message.attestation).header.version) == window + 1
      default: return false
      }
    }
  }

  /// Three of four validators are there, so that nothing goes on without the one that is killed.
  @Test(arguments: Place.all) func whatIsOpenIsAnsweredAfterARestart(_ place: Place) async throws {
    let cluster = try TestCluster(TestNetwork(seed: 5))
    try await cluster.begin()
    let (events, death) = (EventRecorder(), Death())
    let others = [0, 1].map { Running(cluster.validator($0, events: events)) }
    let mortal = MortalLog(log: cluster.log, death: death, moment: place.moment) {
      place.isReached(by: $0)
    }
    let first = Running(cluster.validator(3, log: mortal, events: events))
    let windows = Task { try await cluster.run(to: 3) }
    await death.happened()
    try await first.kill()
    let kept = FileManager.default.contents(
      atPath: "\(cluster.folder("validator-3"))/\(cluster.network.task.hex).attestation")
    let second = Running(cluster.validator(3, events: events))
    try await windows.value
    let key = cluster.network.validatorKeys[3].publicKey
    let attested = try await cluster.attested(by: key)
    #expect(attested == (await cluster.finals), "\(place)")
    #expect(try await cluster.orders(of: key, .assessmentCommitment).count == 3, "one a window")
    #expect(await cluster.slashed == [], "\(place)")
    if place.kind == .creditedAttestation {
      // What was about to be ordered is ordered, to the byte.
      let bytes = Array(try #require(kept))
      #expect(await cluster.envelopes.contains { $0.wireBytes == bytes }, "\(place)")
    }
    for validator in others + [second] { try await validator.kill() }
    #expect(events.events.filter { $0.level == .error } == [])
    #expect(await cluster.late.filter { $0 != .repeated } == [])
  }

  private func row(of cluster: TestCluster, window: UInt64) -> String {
    "\(cluster.folder("validator-3"))/\(cluster.network.task.hex).row-\(window % 2)"
  }

  /// Whoever judges a window again need not come to the same row: what was kept is committed to and revealed,
  /// whatever it says.
  @Test(arguments: [0, 1] as [UInt64]) func theRowThatWasKeptIsRevealed(_ window: UInt64) async throws {
    let cluster = try TestCluster(TestNetwork(seed: 8))
    try await cluster.begin()
    let (events, death) = (EventRecorder(), Death())
    let others = [0, 1].map { Running(cluster.validator($0, events: events)) }
    let mortal = MortalLog(log: cluster.log, death: death) {
      Place(kind: .assessmentCommitment, window: window, moment: .before).isReached(by: $0)
    }
    let first = Running(cluster.validator(3, log: mortal, events: events))
    let windows = Task { try await cluster.run(to: 3) }
    await death.happened()
    try await first.kill()
    let path = row(of: cluster, window: window)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let file = try #require(FileManager.default.contents(atPath: path))
    let judged = try Assessment(wireBytes: Array(file.dropFirst(32)), limit: 1 << 20)
    let other = Assessment(
      network: judged.network, task: judged.task, window: window,
      cells: judged.cells.map { _ in Assessment.Cell(verdict: .admit, trust: 7, clip: 7) },
      salt: judged.salt, round: judged.round)
    #expect(other != judged)
    let content = other.wireBytes
    try Data(Digest(of: content, in: HashDomain("trib.sealed-file")).bytes + content)
      .write(to: URL(fileURLWithPath: path))
    let second = Running(cluster.validator(3, events: events))
    try await windows.value
    let key = cluster.network.validatorKeys[3].publicKey
    let rows = try await cluster.orders(of: key, .assessment).compactMap { envelope -> Assessment? in
      guard case .assessment(let row) = try Transaction(envelope) else { return nil }
      return row
    }
    #expect(rows.first { $0.window == window } == other)
    #expect(rows.map(\.window) == [0, 1, 2])
    #expect(await cluster.slashed == [])
    for validator in others + [second] { try await validator.kill() }
    #expect(events.events.filter { $0.level == .error } == [])
  }

  /// A damaged row is passed over; it is judged again.
  @Test func aDamagedRowIsPassedOver() async throws {
    let cluster = try TestCluster(TestNetwork(seed: 9))
    try await cluster.begin()
    let (events, death) = (EventRecorder(), Death())
    let others = [0, 1].map { Running(cluster.validator($0, events: events)) }
    let mortal = MortalLog(log: cluster.log, death: death) {
      Place(kind: .assessmentCommitment, window: 0, moment: .before).isReached(by: $0)
    }
    let first = Running(cluster.validator(3, log: mortal, events: events))
    let windows = Task { try await cluster.run(to: 2) }
    await death.happened()
    try await first.kill()
    let path = row(of: cluster, window: 0)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
    let second = Running(cluster.validator(3, events: events))
    try await windows.value
    #expect(events.events(named: "rowPassedOver").map { $0.fields["file"] } == [path])
    #expect(await cluster.slashed == [])
    for validator in others + [second] { try await validator.kill() }
  }

  /// The only seat is one round or another a validator's that is not there, until clocks have it drawn anew.
  @Test func aSilentCommitteeIsDrawnAnew() async throws {
    let policy = MergePolicy(windowSize: 3, upForm: .dense8, downForm: .dense8, committeeSeats: 1)
    let cluster = try TestCluster(TestNetwork(seed: 10, policy: policy))
    try await cluster.begin()
    let events = EventRecorder()
    let absent = cluster.network.validatorKeys[3].publicKey
    let running = (0..<3).map { index in
      Running(
        cluster.validator(index, events: events) { configuration in
          let sleep = configuration.pauses.sleep
          configuration.pauses.sleep = { [committeeSeconds = configuration.committeeSeconds] seconds in
            guard seconds == committeeSeconds else { return try await sleep(seconds) }
            try await cluster.wait { replica, task in
              guard let task = replica.tasks[task], let window = task.judgedWindow else { return false }
              return task.isJudge(absent, of: window)
            }
          }
        })
    }
    // Who is drawn depends on whose secrets come first. One window in four meets the absent one.
    var (redraws, version): (Int, UInt64) = (0, 6)
    while redraws == 0, version < 60 {
      try await cluster.run(to: version)
      redraws = await cluster.envelopes.count { $0.kind == Transaction.Kind.committeeRedraw.rawValue }
      version += 1
    }
    #expect(redraws > 0, "the absent one was never drawn")
    for validator in running { try await validator.kill() }
    #expect(events.events.filter { $0.level == .error } == [])
  }

  /// Hardly a page of the log is short enough to be the present.
  @Test func whoFallsBehindAllTheTimeGoesOn() async throws {
    let cluster = try TestCluster(TestNetwork(seed: 7))
    try await cluster.begin()
    let events = EventRecorder()
    let running = (0..<3).map { index in
      Running(cluster.validator(index, events: events) { $0.behindRecords = 1 })
    }
    try await cluster.run(to: 4)
    for index in 0..<3 {
      let key = cluster.network.validatorKeys[index].publicKey
      #expect(try await cluster.attested(by: key) == (await cluster.finals))
    }
    for validator in running { try await validator.kill() }
    #expect(events.events(named: "caughtUp").count > 3)
    #expect(events.events.filter { $0.level == .error } == [])
  }

  @Test func aRestartedValidatorSaysNothingAboutThePast() async throws {
    let cluster = try TestCluster(TestNetwork(seed: 6))
    try await cluster.begin()
    let events = EventRecorder()
    let others = [0, 1, 2].map { Running(cluster.validator($0, events: events)) }
    let first = Running(cluster.validator(3, events: events))
    try await cluster.run(to: 2)
    try await first.kill()
    try await cluster.run(to: 5)
    let key = cluster.network.validatorKeys[3].publicKey
    let rows = try await cluster.orders(of: key, .assessment).count
    let again = EventRecorder()
    let second = Running(cluster.validator(3, events: again))
    let resumed = await again.first(named: "resumed")
    #expect(resumed.fields["source"]?.contains("snapshot-") == true)
    try await cluster.run(to: 6)
    try await cluster.wait { replica, task in
      replica.tasks[task]?.certificate?.attestations.contains { $0.signer == key } == true
    }
    #expect(try await cluster.orders(of: key, .assessment).count == rows + 1)
    let attested = try await cluster.attested(by: key)
    #expect(Set(attested.map(\.version)).count == attested.count, "no version twice")
    #expect(attested.filter { (3...4).contains($0.version) } == [], "nothing that nobody waits for")
    let finals = await cluster.finals
    #expect(attested.filter { !finals.contains($0) } == [])
    for validator in others + [second] { try await validator.kill() }
  }
}
