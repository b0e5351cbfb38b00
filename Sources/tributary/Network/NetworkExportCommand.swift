import Agents
import Engines
import Ledger
import Wire

/// `tributary network export`: copies a network from its cluster into a folder that can be audited.
enum NetworkExportCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "network export", summary: "copy a network's log and blobs from its cluster, for an audit",
    operands: ["DIR"],
    options: [
      .init(name: "--genesis", value: "FILE", help: "the network's genesis (genesis)"),
      .init(name: "--key", value: "FILE", help: "a key that may read"),
      NatsOptions.address, NatsOptions.authority,
      .json,
    ],
    example: "tributary network export copy --key reader.key --nats tls://nats.example:4222")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let folder = NetworkFolder(arguments.operands[0])
    let genesis = try GenesisFile.read(arguments.text("--genesis") ?? "genesis")
    let servers = try arguments.natsServers(specification)
    try OutputFolder(path: folder.path, command: specification.name).make()
    let found = try await Interruptible.run { try await export(genesis, servers, to: folder) }
    print(
      arguments.has("--json")
        ? JSONText.of([
          "network": genesis.network.hex, "records": found.records, "blobs": found.blobs,
          "missing": found.missing.map(\.hex),
        ])
        : "\(folder.path): \(found.records) records, \(found.blobs) blobs, \(found.missing.count) missing; "
          + "check them with 'tributary audit \(folder.path)'")
    return .success
  }

  private static func export(
    _ genesis: Genesis, _ servers: NatsServers, to folder: NetworkFolder
  ) async throws -> NetworkExport.Finding {
    // The copy of the log that a node keeps is what a network's folder holds, so that a second export goes on
    // where the first one ended. It is closed before blobs are copied, since it would go on growing.
    try await JetStreamLog.open(folder.path, network: genesis.network, servers: servers).close()
    try folder.write(genesis)
    let log = try await folder.openLog(genesis.network, access: .readOnly)
    do {
      let source = try await JetStreamBlobStore.open(network: genesis.network, servers: servers)
      let target = try await folder.openBlobs(access: .readWrite)
      let found = try await NetworkExport.copyBlobs(of: log, genesis, from: source, to: target) {
        ProgressBar(title: "export", total: Int($1)).show(Int($0), "record \($0)/\($1)")
      }
      await target.close()
      try await source.close()
      try await log.close()
      return found
    } catch {
      try? await log.close()
      throw error
    }
  }
}
