import Agents
import Aggregation
import Engines
import Learning
import Ledger
import Settings
import Testing
import Wire

@testable import Simulation

/// Whole runs on devices that are slow, away, and drop out.
struct DeviceRunTests {
  private func scenario(seed: UInt64) -> Scenario {
    var scenario = SmallRun(seed: seed).scenario
    scenario.contributors.count = 24
    scenario.contributors.hostile = [.signFlip: 1]
    scenario.contributors.devices.slowness = .logNormal(median: 2, sigma: 1)
    scenario.contributors.devices.upBytesPerSecond = .logNormal(median: 500, sigma: 1)
    scenario.contributors.devices.downBytesPerSecond = .same(2_000)
    scenario.contributors.devices.availability = .init(periodSeconds: 90, share: 0.3)
    scenario.contributors.devices.dropout = .init(probability: 0.3, pauseSeconds: 20)
    scenario.windows = 6
    return scenario
  }

  private func run(_ scenario: Scenario, threads: Int = 2) async throws -> (RunRecord, [LogRecord], Genesis) {
    let federation = try Federation(scenario, dataset: try Digits.load(), variant: .asPlanned)
    let genesis = try federation.genesis("devices", scenario)
    let log = InMemoryLog(network: genesis.network)
    var settings = RunSettings(scenario, name: "devices", rule: scenario.merge.rule)
    settings.threads = threads
    var simulation = LearningSimulation(
      federation, settings: settings, log: log, blobs: InMemoryBlobStore(), genesis: genesis)
    let record = try await simulation.run { _ in }
    return (record, try await log.read(from: .start, limit: 100_000), genesis)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func nothingAcknowledgedIsLost(_ seed: UInt64) async throws {
    let (record, records, genesis) = try await run(scenario(seed: seed))
    #expect(record.versions.map(\.number) == Array(0...6), "seed \(seed)")
    let lost = record.contributors.reduce(0) {
      $0 + ($1.reports["training failed: the device dropped out"] ?? 0)
    }
    #expect(lost > 0, "seed \(seed): nothing was lost")
    // Every submitted update has its receipt, or waits in a window.
    var replica = Replica(genesis)
    var open: Set<Digest> = []
    var submitted = 0
    for record in records {
      for event in replica.apply(record.bytes, id: record.id) {
        switch event {
        case .submitted(_, let packet, _):
          #expect(open.insert(packet).inserted)
          submitted += 1
        case .receipts(let receipts):
          for receipt in receipts { #expect(open.remove(receipt.packet) != nil, "seed \(seed)") }
        default: break
        }
      }
      #expect(replica.conservesUnits)
    }
    let receipts = record.contributors.reduce(0) { $0 + $1.updates }
    #expect(submitted == receipts + open.count && receipts == 6 * 6, "seed \(seed)")
  }

  @Test func threadsDoNotMatter() async throws {
    let (one, other) = try await (run(scenario(seed: 4), threads: 1), run(scenario(seed: 4), threads: 5))
    #expect(one.1.last?.chain == other.1.last?.chain && !one.1.isEmpty)
  }

  /// A device may be closed at any moment of the run, and then neither asks nor sends.
  @Test func linksTakeTheirTime() async throws {
    var fast = scenario(seed: 5)
    fast.contributors.devices.availability.share = 1
    fast.contributors.devices.dropout.probability = 0
    fast.contributors.devices.upBytesPerSecond = nil
    var slow = fast
    slow.contributors.devices.upBytesPerSecond = .same(10)
    var rare = fast
    rare.contributors.devices.availability.share = 0.1
    let end = try await run(fast).0.versions.last?.seconds ?? 0
    let (late, rarely) = try await (run(slow).0.versions.last, run(rare).0.versions.last)
    // An update is a commitment of some 200 bytes, then a packet and its submission.
    #expect(try #require(late).seconds > end + 6 * 20)
    #expect(try #require(rarely).seconds > 2 * end)
  }

  @Test(arguments: [1, 2] as [UInt64]) func theSlowestAloneHoldRareLabels(_ seed: UInt64) throws {
    var scenario = scenario(seed: seed)
    scenario.data.rareLabels = .init(labels: [3, 8], slowestShare: 0.25)
    let data = try DealtData(try DealingPlan(scenario), of: try Digits.load())
    let federation = try Federation(scenario, data: data, variant: .asPlanned)
    let holders = data.contributors.indices.filter { index in
      data.contributors[index].indices.contains {
        [3, 8].contains(data.contributors[index].source.labels[$0])
      }
    }
    // A quarter of 23 honest contributors.
    #expect(!holders.isEmpty && holders.count <= 6, "seed \(seed)")
    let slowest = federation.members.filter(\.isHonest).map(\.device.slowness).sorted(by: >).prefix(6)
    for holder in holders {
      #expect(
        federation.members[holder].isHonest && slowest.contains(federation.members[holder].device.slowness))
    }
    scenario.data.rareLabels.labels = []
    let plain = try DealtData(try DealingPlan(scenario), of: try Digits.load())
    #expect(Set(plain.contributors.flatMap(\.indices)) == Set(data.contributors.flatMap(\.indices)))
  }
}
