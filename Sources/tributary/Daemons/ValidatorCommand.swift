import Agents
import Aggregation
import Door
import Engines
import Learning
import Ledger
import Numerics
import Services
import Settings
import Trainers
import Wire

/// `tributary validator`: judges, merges and certifies, until it is told to stop.
enum ValidatorCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "validator", summary: "judge updates, merge them, and certify versions",
    optionalOperand: "CONFIG",
    options: [
      .init(name: "--genesis", value: "FILE", help: "the network's genesis (genesis)"),
      .init(name: "--key", value: "FILE", help: "the validator's key (validator.key)"),
      .init(name: "--folder", value: "DIR", help: "what the validator keeps, and the log (validator)"),
      .init(
        name: "--nats", value: "URL",
        help: "a server of the NATS cluster; may be repeated. Without it, the embedded engine"),
      NatsOptions.authority,
      .init(name: "--listen", value: "HOST:PORT", help: "be a gateway, too, and listen there"),
      DaemonFile.printOption,
    ] + Journal.options,
    example: "tributary validator validator.json5")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    if arguments.has("--print-config") {
      print(ValidatorSettings.documented)
      return .success
    }
    let settings = try settings(arguments)
    let journal = try Journal(arguments, specification)
    let genesis = try GenesisFile.read(settings.genesis)
    let key = try KeyFile.read(settings.key)
    BLAS.setThreads(settings.threads)
    return try await NodeTrainers.with(settings.data, settings.trainer, report: journal.reportOfTrainer) {
      try await run(settings, key, genesis, $0, journal)
    }
  }

  private static func run(
    _ settings: ValidatorSettings, _ key: SigningKey, _ genesis: Genesis, _ trainers: NodeTrainers,
    _ journal: Journal
  ) async throws -> ExitCode {
    try await NodeEngines.with(settings.engine, genesis, key: key) { engines in
      let service = service(settings, key, genesis, engines, trainers, journal)
      journal.write(
        .info, "started", ["validator": key.publicKey.hex, "network": genesis.network.hex])
      let stop = try await StopSignal.running {
        try await withThrowingTaskGroup(of: Void.self) { group in
          if let listen = settings.listen {
            group.addTask { try await Door.serve(genesis, engines, listen, journal) }
          }
          group.addTask { try await service.run() }
          defer { group.cancelAll() }
          try await group.next()
        }
      }
      guard let stop else { throw CommandError("the log was closed; look into the lines before this one") }
      journal.write(.info, "stopped")
      return stop.exitCode
    }
  }

  private static func settings(_ arguments: CommandLineArguments) throws -> ValidatorSettings {
    var settings = try ValidatorSettings(path: arguments.operands.first)
    settings.genesis = arguments.text("--genesis") ?? settings.genesis
    settings.key = arguments.text("--key") ?? settings.key
    settings.engine.take(arguments)
    if let place = try arguments.endpoint("--listen", specification) {
      var listen = settings.listen ?? ListenSettings()
      (listen.address, listen.port) = (place.host, place.port)
      settings.listen = listen
    }
    return settings
  }

  private static func service(
    _ settings: ValidatorSettings, _ key: SigningKey, _ genesis: Genesis, _ engines: NodeEngines,
    _ trainers: NodeTrainers, _ journal: Journal
  ) -> ValidatorService {
    var configuration = ValidatorService.Configuration(folder: settings.engine.folder + "/state")
    configuration.snapshotVersions = settings.snapshotVersions
    configuration.noticeVersions = settings.noticeVersions
    configuration.committeeSeconds = Double(settings.committeeSeconds)
    if let limits = settings.trainer?.command.limits {
      // A process that has used up its restarts rests; its tasks are not given up before it was tried again.
      let attempts = 2 * limits.restSeconds / configuration.pauses.longestSeconds
      configuration.measuringAttempts += Int(min(attempts, Double(Int32.max)))
    }
    return ValidatorService(
      key: key, secretSeed: ValidatorService.secretSeed(of: key), genesis: genesis, log: engines.log,
      blobs: engines.blobs, configuration: configuration,
      reference: { _, specification in
        .init(
          whole: try trainers.trainer(for: specification), byGroup: try trainers.groups(for: specification))
      }, report: journal.report)
  }
}
