import Agents
import AgentsTestKit
import Aggregation
import Attribution
import Door
import Engines
import Foundation
import HTTP
import Learning
import Ledger
import Wire

/// What a problem document says.
struct JSONView: Decodable {
  let status: Int?
  let code: String?
  let detail: String?

  init(_ bytes: [UInt8]) throws { self = try JSONDecoder().decode(JSONView.self, from: Data(bytes)) }
}

/// Validators that follow a log, as their machines would.
struct ValidatorShell {
  let network: TestNetwork
  let index: Int
  let log: InMemoryLog
  let blobs: InMemoryBlobStore
  private var validator: Validator

  init(_ network: TestNetwork, _ index: Int, _ log: InMemoryLog, _ blobs: InMemoryBlobStore) {
    (self.network, self.index, self.log, self.blobs) = (network, index, log, blobs)
    validator = Validator(
      key: network.validatorKeys[index], secretSeed: network.secretSeed(of: index), genesis: network.genesis)
  }

  /// Works until the log is closed, even in the middle of something.
  mutating func run() async throws {
    do {
      try await work()
    } catch let error as EngineError where error.code == .closed {
      return
    }
  }

  private mutating func work() async throws {
    for try await record in log.records(from: .start) {
      var directives = validator.handle(.record(Replica.CheckedRecord(record.bytes, id: record.id)))
      while !directives.isEmpty {
        if let answer = try await carryOut(directives.removeFirst()) {
          directives += validator.handle(answer)
        }
      }
    }
  }

  private func carryOut(_ directive: Validator.Directive) async throws -> Validator.Event? {
    switch directive {
    case .order(let envelope), .commit(_, let envelope):
      _ = try await log.append([LogAppend(id: envelope.id, bytes: envelope.wireBytes)])
      return nil
    case .fetchFirstWeights(let task, let offer):
      let blob = try await blobs.get(offer.specification.firstWeights)
      return .firstWeights(task: task, try offer.firstWeights(from: blob))
    case .fetchPackets(let task, let window, let digests):
      var packets: [Digest: [UInt8]] = [:]
      for digest in digests { packets[digest] = try await blobs.get(digest) }
      return .packets(task: task, window: window, packets)
    case .measureRoots(let task, let window, let weights):
      let roots = try await RootUpdates.measured(by: network.references[index].byLabel, at: weights)
      return .rootsMeasured(task: task, window: window, roots)
    case .measureCredits(let task, let version, let merge):
      let credits = try await AumannShapley().credits(of: merge, by: network.references[index].whole)
      return .creditsMeasured(task: task, version: version, credits)
    case .store(let step):
      _ = try await blobs.put(step)
      return nil
    case .announce, .report, .keep, .findState, .watch: return nil
    case .decline(_, let reason), .halt(_, let reason): throw TestFailure(description: reason)
    }
  }
}

/// A contributor that knows the network by a gateway's address alone, and the genesis.
struct ContributorShell {
  private(set) var contributor: Contributor
  private(set) var reports: [String] = []
  private let network: TestNetwork
  private let index: Int
  private let client: GatewayClient

  init(_ network: TestNetwork, _ index: Int, _ client: GatewayClient) async throws {
    (self.network, self.index, self.client) = (network, index, client)
    let offer = try TaskOffer(
      opening: try await client.creation(of: network.task), network: network.genesis.network)
    let blob = try await client.blob(offer.specification.firstWeights, limitBytes: 1 << 20)
    contributor = try Contributor(
      key: network.contributorKeys[index], genesis: network.genesis, offer: offer,
      firstWeights: try offer.firstWeights(from: blob),
      standing: try await client.standing(of: network.contributorKeys[index].publicKey, in: offer.id))
  }

  /// Takes an event, and does all that comes of it.
  mutating func handle(_ event: Contributor.Event) async throws {
    var directives = contributor.handle(event)
    while !directives.isEmpty {
      if let answer = try await carryOut(directives.removeFirst()) {
        directives += contributor.handle(answer)
      }
    }
  }

  private mutating func carryOut(_ directive: Contributor.Directive) async throws -> Contributor.Event? {
    switch directive {
    case .order(let envelope): return Self.event(envelope, try await client.order(envelope))
    case .upload(let packet, let submission):
      return Self.event(submission, try await client.upload(packet, submission: submission, to: network.task))
    case .pull(let version, let epoch):
      return .pulled(try await client.pull(network.task, after: version, epoch: epoch))
    case .train(let weights, let configuration):
      return .trained(try await network.trainers[index].train(weights, configuration))
    case .report(let report):
      reports.append(report)
      return nil
    }
  }

  private static func event(_ envelope: Envelope, _ outcome: GatewayClient.Outcome) -> Contributor.Event {
    switch outcome {
    case .accepted: .accepted(envelope.id)
    case .refused(let problem) where problem.code == Refusal.wrongSeal.rawValue: .refusedSeal(envelope.id)
    case .refused(let problem): .refused(envelope.id, problem.detail)
    }
  }
}
