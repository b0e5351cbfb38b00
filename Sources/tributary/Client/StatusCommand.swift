import Door
import Foundation
import Ledger
import Wire

/// `tributary status`: how a network stands.
enum StatusCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "status", summary: "show how a network stands: log, tasks, validators, and the gateway's lag",
    options: [
      .init(
        name: "--versions", value: "N",
        help: "how many of a task's newest certificates to look for validators in (8)"),
      .init(name: "--watch", value: nil, help: "show it again with every new version, until Ctrl-C"),
    ] + RemoteNetwork.options,
    example: "tributary status --watch --gateway https://gateway.example:8443")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let versions: UInt64 = try arguments.number("--versions", in: 1...256, command: specification) ?? 8
    let remote = try await RemoteNetwork.open(arguments)
    let asJSON = arguments.has("--json")
    guard arguments.has("--watch") else {
      return try await show(remote, versions, asJSON)
    }
    return try await Interruptible.run {
      _ = try await show(remote, versions, asJSON)
      for try await _ in remote.client.newVersions() { _ = try await show(remote, versions, asJSON) }
      throw CommandError("\(remote.url) ended its stream of versions; start again")
    }
  }

  private static func show(
    _ remote: RemoteNetwork, _ versions: UInt64, _ asJSON: Bool
  ) async throws -> ExitCode {
    do {
      let status = try await NetworkStatus(remote, versions: versions)
      Console.line(asJSON ? try status.json : status.text)
      return .success
    } catch let error where Verification.isFailure(error) {
      return Verification.report(error, "the gateway's answers cannot be verified")
    }
  }
}

/// How a network stands: what is certified, and what a gateway says.
private struct NetworkStatus {
  /// A task, and who attested its newest versions.
  struct Task {
    let said: TaskView
    let certified: VersionHeader?
    /// Certificates that were looked at.
    var certificates = 0
    /// In how many of them a validator's attestation stands.
    var attestations: [PublicKey: Int] = [:]
  }

  let genesis: Genesis
  /// Those in force, as far as the gateway has handed them over: each set is certified by the one before.
  let validators: ValidatorSet
  let head: HeadView
  let health: HealthView
  var tasks: [Task] = []

  init(_ remote: RemoteNetwork, versions: UInt64) async throws {
    genesis = remote.genesis
    head = try await remote.client.head()
    health = try await remote.client.health()
    var light = LightClient(remote.genesis)
    try light.follow(try await remote.client.handovers(after: light.epoch, to: head.epoch))
    for said in try await remote.client.tasks() {
      tasks.append(try await Self.task(said, remote.client, &light, versions: versions))
    }
    validators = light.validators
  }

  private static func task(
    _ said: TaskView, _ client: GatewayClient, _ light: inout LightClient, versions: UInt64
  ) async throws -> Task {
    guard let id = Digest(hex: said.id), let newest = try await client.certified(id, by: &light) else {
      return Task(said: said, certified: nil)
    }
    let last = newest.header.version
    var task = Task(said: said, certified: newest.header)
    for number in (last - min(last, versions) + 1)...last {
      // Gateways forget old certificates.
      guard let found = try await client.certified(id, version: number, by: &light) else { continue }
      task.certificates += 1
      for attestation in found.certificate.attestations {
        task.attestations[attestation.signer, default: 0] += 1
      }
    }
    return task
  }

  /// In how many of the certificates that were looked at a validator's attestation stands. A certificate is
  /// whole with more than two thirds of the stake: whoever attests later is not in it.
  private func attestations(of validator: PublicKey) -> Int {
    tasks.reduce(0) { $0 + ($1.attestations[validator] ?? 0) }
  }

  private var certificates: Int { tasks.reduce(0) { $0 + $1.certificates } }

  var text: String {
    var lines = [
      TextTable.pairs([
        ("network", "\(genesis.name) \(genesis.network.hex)"),
        ("gateway", "\(Console.shown(health.status)), \(health.lag) records behind the log, it says"),
        ("log", "\(head.logLength) records, the gateway says"),
        ("contributors", "\(head.contributors), the gateway says"),
      ])
    ]
    for task in tasks {
      let certified = task.certified.map { "version \($0.version) certified, root \($0.root.short)" }
      lines += [
        "", "task \(Console.shown(task.said.id)) \(Console.shown(task.said.name))",
        "  \(certified ?? "no version is certified yet")",
        "  the gateway says: version \(task.said.version), window \(task.said.collectingWindow) with "
          + "\(task.said.collectedUpdates) of \(task.said.windowSize) updates, "
          + "\(Console.shown(task.said.phase)), \(task.said.escrowUnits) units in escrow",
      ]
    }
    let rows = validators.members.map { member in
      [
        member.key.hex, "\(member.stakeUnits)",
        "\(attestations(of: member.key)) of \(certificates)",
      ]
    }
    let table = TextTable.lines([["validator", "stake", "in certificates"]] + rows)
    return (lines + [""] + table).joined(separator: "\n")
  }

  var json: String {
    get throws {
      let tasks = try self.tasks.map { task -> [String: Any] in
        let certified = task.certified.map { ["version": $0.version, "root": $0.root.hex] as [String: Any] }
        return ["certified": certified ?? JSONText.null, "gateway": try JSONText.object(task.said)]
      }
      let members = validators.members.map { member -> [String: Any] in
        [
          "key": member.key.hex, "stakeUnits": member.stakeUnits,
          "attestations": attestations(of: member.key),
        ]
      }
      return JSONText.of([
        "network": genesis.network.hex, "name": genesis.name, "certificates": certificates, "tasks": tasks,
        "validators": members, "epoch": validators.epoch,
        "gateway": ["head": try JSONText.object(head), "health": try JSONText.object(health)],
      ])
    }
  }
}
