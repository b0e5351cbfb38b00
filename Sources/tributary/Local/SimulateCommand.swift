/// `tributary simulate`: networks under a virtual clock.
enum SimulateCommand {
  static let command = Command(specification: specification, run: run)

  static let specification = CommandSpecification(
    name: "simulate", summary: "run whole networks under a virtual clock while everything fails that can",
    options: FaultsCommand.options, example: FaultsCommand.example)

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    guard arguments.has("--faults") else {
      throw UsageError("say what to simulate: --faults", command: specification.name)
    }
    return try await FaultsCommand.run(arguments)
  }
}
