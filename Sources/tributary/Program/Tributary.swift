import Foundation

/// The program: one command a word.
@main
struct Tributary {
  private static let commands = [
    DemoCommand.command, SimulateCommand.command, CompareCommand.command, TournamentCommand.command,
    KeyNewCommand.command, KeyShowCommand.command,
    NetworkInitCommand.command, NetworkShowCommand.command, NetworkNatsCommand.command,
    NetworkStreamsCommand.command, NetworkExportCommand.command, GatewayCommand.command,
    ValidatorCommand.command, ContributorCommand.command, StatusCommand.command,
    TaskCheckCommand.command, TaskCreateCommand.command, TaskListCommand.command, TaskShowCommand.command,
    TaskFundCommand.command, AccountShowCommand.command, AccountTransferCommand.command,
    AccountStakeCommand.bond, AccountStakeCommand.unbond, ModelPullCommand.command,
    ModelExportCommand.command, ModelEvaluateCommand.command, TrainerCheckCommand.command,
    AuditCommand.command,
  ]

  static func main() async {
    let code = await run(Array(CommandLine.arguments.dropFirst()))
    exit(code.rawValue)
  }

  private static func run(_ arguments: [String]) async -> ExitCode {
    do {
      guard let (command, rest) = try find(arguments) else {
        print(help)
        return .success
      }
      let parsed = try CommandLineArguments(rest, for: command.specification)
      guard !parsed.has("--help") else {
        print(command.specification.help)
        return .success
      }
      return try await command.run(parsed)
    } catch let error as UsageError {
      let help = ["tributary", error.command, "--help"].filter { !$0.isEmpty }.joined(separator: " ")
      Console.error("\(error.message)\ntry '\(help)'")
      return .usage
    } catch is CancellationError {
      Console.error("stopped")
      return .interrupted
    } catch {
      Console.error("\(error)")
      return .failure
    }
  }

  /// The command that the first words name, and what follows them.
  private static func find(_ arguments: [String]) throws(UsageError) -> (Command, [String])? {
    guard let first = arguments.first, first != "--help", first != "help" else { return nil }
    for command in commands {
      let words = command.specification.name.split(separator: " ").map(String.init)
      if Array(arguments.prefix(words.count)) == words {
        return (command, Array(arguments.dropFirst(words.count)))
      }
    }
    let typed = arguments.prefix { !$0.hasPrefix("-") }.prefix(2).joined(separator: " ")
    throw UsageError.unknown(
      "command", typed.isEmpty ? first : typed, among: commands.map(\.specification.name))
  }

  private static var help: String {
    let width = commands.map(\.specification.name.count).max() ?? 0
    let lines = commands.map { "  \($0.specification.name.padded(to: width))  \($0.specification.summary)" }
    return """
      Tributary trains one model across many machines that do not trust each other and do not share data.

      usage: tributary COMMAND [options]

      commands:
      \(lines.joined(separator: "\n"))

      'tributary COMMAND --help' shows a command's options and an example.
      exit codes: 0 done, or stopped by SIGTERM; 1 failed; 2 wrong usage; 3 damaged, forged, wrong; 130 Ctrl-C
      """
  }
}

/// A command of the program.
struct Command: Sendable {
  let specification: CommandSpecification
  let run: @Sendable (CommandLineArguments) async throws -> ExitCode
}

/// How the program ends, for scripts.
enum ExitCode: Int32 {
  case success = 0
  case failure = 1
  case usage = 2
  /// What was to be verified is damaged or forged.
  case damaged = 3
  /// Ctrl-C, as shells have it.
  case interrupted = 130
}
