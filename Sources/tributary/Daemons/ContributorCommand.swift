import Agents
import Agents
import Engines
import HTTP
import Learning
import Ledger
import Numerics
import Services
import Settings
import Wire

/// `tributary contributor`: trains on its own data and sends updates, until it is told to stop.
enum ContributorCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "contributor", summary: "train on data that stay here, and send updates to a gateway",
    optionalOperand: "CONFIG",
    options: [
      .init(name: "--genesis", value: "FILE", help: "the network's genesis (genesis)"),
      .init(name: "--key", value: "FILE", help: "the contributor's key (contributor.key)"),
      .init(name: "--folder", value: "DIR", help: "what the contributor keeps (contributor)"),
      .init(
        name: "--gateway", value: "URL", help: "a gateway (http://127.0.0.1:8443); may be repeated"),
      .init(name: "--ca", value: "FILE", help: "a PEM file with the authority to trust for TLS"),
      .init(name: "--task", value: "ID", help: "the task; without it, the only one that pays"),
      DaemonFile.printOption,
    ] + Journal.options,
    example: "tributary contributor contributor.json5 --gateway https://gateway.example:8443")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    if arguments.has("--print-config") {
      print(ContributorSettings.documented)
      return .success
    }
    let settings = try settings(arguments)
    let journal = try Journal(arguments, specification)
    let genesis = try GenesisFile.read(settings.genesis)
    let key = try KeyFile.read(settings.key)
    BLAS.setThreads(settings.threads)
    var configuration = ContributorService.Configuration(folder: settings.folder)
    configuration.client.certificateAuthorities = settings.authority
    configuration.canaries = Canaries(share: settings.canaries)
    configuration.task = try settings.task.map { text in
      guard let task = Digest(hex: text) else {
        throw CommandError("a task is named by 64 hexadecimal digits, not '\(text)'")
      }
      return task
    }
    let (gateways, ready) = (settings.gateways, configuration)
    return try await NodeTrainers.with(settings.data, settings.trainer, report: journal.reportOfTrainer) {
      trainers in
      let service = ContributorService(
        key: key, genesis: genesis, gateways: gateways, configuration: ready,
        trainer: { try trainers.trainer(for: $0.specification) }, report: journal.report)
      journal.write(
        .info, "started", ["contributor": key.publicKey.hex, "network": genesis.network.hex])
      let stop = try await StopSignal.running { try await service.run() }
      guard let stop else {
        throw CommandError("the work came to an end; look into the lines before this one")
      }
      journal.write(.info, "stopped")
      return stop.exitCode
    }
  }

  private static func settings(_ arguments: CommandLineArguments) throws -> ContributorSettings {
    var settings = try ContributorSettings(path: arguments.operands.first)
    settings.genesis = arguments.text("--genesis") ?? settings.genesis
    settings.key = arguments.text("--key") ?? settings.key
    settings.folder = arguments.text("--folder") ?? settings.folder
    if arguments.has("--gateway") { settings.gateways = arguments.texts("--gateway") }
    settings.authority = arguments.text("--ca") ?? settings.authority
    settings.task = arguments.text("--task") ?? settings.task
    return settings
  }
}
