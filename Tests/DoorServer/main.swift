// Opens doors for tests in other languages, and closes them once its standard input ends. A line of JSON on
// standard output says where they are, what is behind them, and what to send them.
//
//     door-server

import Agents
import AgentsTestKit
import Aggregation
import Door
import Engines
import Foundation
import Learning
import Ledger
import Wire

/// One of each thing that a test sends, in base64.
struct Bodies: Encodable {
  var accepted: [UInt8]
  var malformed: [UInt8] = [1, 2, 3]
  var forged: [UInt8]
  var ofStranger: [UInt8]
  var ofUnknownTask: [UInt8]
  var wrongNonce: [UInt8]
  var otherNetwork: [UInt8]
  var packet: [UInt8]
  var submission: [UInt8]
  var forgedSubmission: [UInt8]
  var uncommittedPacket: [UInt8]
  var uncommittedSubmission: [UInt8]
  var waitingPacket: [UInt8]
  var waitingSubmission: [UInt8]
  var weights: [UInt8]
  var creation: [UInt8]
  var forgedCreation: [UInt8]
  var poorCreation: [UInt8]
  var repeatedCreation: [UInt8]
  var hugeCreation: [UInt8]

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for child in Mirror(reflecting: self).children {
      guard let name = child.label, let bytes = child.value as? [UInt8] else { continue }
      try container.encode(Data(bytes).base64EncodedString(), forKey: Key(stringValue: name))
    }
  }

  struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

/// What a test has to know.
struct Scene: Encodable {
  /// A door that works, one that has had too many requests, one whose log is closed, and one that fetches no
  /// blobs.
  let ports: [String: UInt16]
  let task: String
  let contributor: String
  let stranger: String
  let versions: Int
  let bodies: Bodies
}

func forged(_ envelope: Envelope) -> [UInt8] {
  var bytes = envelope.wireBytes
  bytes[bytes.count - 1] ^= 1
  return bytes
}

func bodies(_ network: TestNetwork, base: UInt64, waiting: TestNetwork.Upload) throws -> Bodies {
  let stranger = try TestNetwork.key(9, "stranger", 0)
  let key = network.contributorKeys[3]
  let upload = network.upload([1, 2, 3], by: 3, base: base, sequence: 50)
  let uncommitted = network.upload([4, 5, 6], by: 3, base: base, sequence: 51)
  func commitment(to task: Digest) -> Transaction {
    .commitment(
      Commitment(
        network: network.network, task: task, baseVersion: base, sequence: 52, packet: uncommitted.digest))
  }
  let model = try ModelSpecification(parsing: TestNetwork.model)
  let weights = model.initialWeights(seed: 99)
  func creation(nonce: UInt64 = 1, escrowUnits: UInt64 = 10, by author: SigningKey? = nil) -> Envelope {
    TestNetwork.creation(
      of: model, weights: weights, policy: MergePolicy(), network: network.network,
      author: author ?? network.author, nonce: nonce, escrowUnits: escrowUnits)
  }
  return Bodies(
    accepted: upload.commitment.wireBytes, forged: forged(upload.commitment),
    ofStranger: commitment(to: network.task).signed(by: stranger).wireBytes,
    ofUnknownTask: commitment(to: .zero).signed(by: key).wireBytes,
    wrongNonce: Transaction.transfer(
      Transfer(network: network.network, nonce: 0, recipient: key.publicKey, units: 1)
    ).signed(by: key).wireBytes,
    otherNetwork: try TestNetwork(seed: 77).registration(of: 0).wireBytes, packet: upload.packet,
    submission: upload.submission.wireBytes, forgedSubmission: forged(upload.submission),
    uncommittedPacket: uncommitted.packet, uncommittedSubmission: uncommitted.submission.wireBytes,
    waitingPacket: waiting.packet, waitingSubmission: waiting.submission.wireBytes,
    weights: FlatWeights.encode(weights), creation: creation().wireBytes, forgedCreation: forged(creation()),
    poorCreation: creation(escrowUnits: 1_000_000).wireBytes,
    repeatedCreation: creation(nonce: 0).wireBytes,
    hugeCreation: TestNetwork.creation(
      of: model, weights: [Float](repeating: 0, count: 4_000), policy: MergePolicy(),
      network: network.network, author: network.author, nonce: 1, escrowUnits: 10
    ).wireBytes)
}

func serve() async throws {
  let versions = 3
  let network = try TestNetwork(candidates: 1, privacy: .plain)
  var group = ValidatorGroup(network)
  try await group.begin()
  try await group.order(network.bond(of: 4, units: 1_000))
  for sequence in 1...UInt64(versions) { try await group.runWindow(sequence: sequence, by: [0, 1, 2]) }
  let waiting = network.upload([7, 8, 9], by: 4, base: UInt64(versions), sequence: 1)
  try await group.order(waiting.commitment)

  var configuration = DoorConfiguration()
  configuration.limits.burstRequests = 100_000
  configuration.gateway.burstRequests = 100_000
  configuration.gateway.firstWeightsBytes = 8_000
  configuration.limits.certificates = 1
  configuration.limits.checkpointVersions = 2
  var hasty = configuration
  hasty.limits.burstRequests = 0
  var busy = configuration
  busy.limits.fetches = 0
  var doors: [String: Door] = [:]
  var closing: InMemoryLog?
  for (name, setup) in [("open", configuration), ("hasty", hasty), ("closed", configuration), ("busy", busy)]
  {
    let (log, blobs) = try await group.engines()
    doors[name] = try await Door.open(network.genesis, log: log, blobs: blobs, setup)
    if name == "closed" { closing = log }
  }
  // A door whose log closes stays readable as far as it followed: all of it, before that happens.
  let client = GatewayClient("http://127.0.0.1:\(doors["closed"]?.port ?? 0)")
  while try await client.head().logLength < UInt64(group.envelopes.count) { await Task.yield() }
  await closing?.close()
  let scene = Scene(
    ports: doors.mapValues(\.port), task: network.task.hex,
    contributor: network.contributorKeys[0].publicKey.hex,
    stranger: try TestNetwork.key(9, "stranger", 0).publicKey.hex, versions: versions,
    bodies: try bodies(network, base: UInt64(versions), waiting: waiting))
  FileHandle.standardOutput.write(try JSONEncoder().encode(scene) + [0x0A])
  while readLine() != nil {}
  for door in doors.values { await door.close() }
}

try await serve()
