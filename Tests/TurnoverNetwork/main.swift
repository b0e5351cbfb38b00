import Agents
import AgentsTestKit
import Aggregation
import Engines
import Foundation
import Updates
import Wire

/// A network whose genesis' validators have all given way to others. Of what was sealed to the former ones an
/// update in the collecting window and a commitment were left over when the others took over.
func turnedOver() async throws -> ValidatorGroup {
  let network = try TestNetwork(
    seed: 61, candidates: 4,
    policy: MergePolicy(
      windowSize: 3, updatesPerContributorPerWindow: 1, upForm: .dense8, downForm: .dense8))
  var group = ValidatorGroup(network)
  try await group.begin()
  try await group.runWindow(sequence: 1, by: [0, 1, 2])
  for place in 0..<4 {
    try await group.order(network.bond(of: 4 + place, units: 1_000))
    try await group.order(network.unbond(of: place, units: 1_000))
  }
  // The second update of one contributor waits for the next window.
  for sequence in 2...3 as ClosedRange<UInt64> { try await group.runWindow(sequence: sequence, by: [0]) }
  let unsent = try await network.honestUpload(by: 3, from: group.weights, base: 1, sequence: 1)
  try await group.order(unsent.commitment)
  for sequence in 4...6 as ClosedRange<UInt64> {
    try await group.runWindow(sequence: sequence, by: sequence == 4 ? [1, 2] : [0, 1, 2])
  }
  return group
}

// Writes it into a folder, for readers in other languages.
let folder = NetworkFolder(CommandLine.arguments.dropFirst().first ?? ".")
try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
try await turnedOver().write(to: folder)
