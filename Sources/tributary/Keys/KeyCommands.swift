import Engines
import Wire

/// `tributary key new`: draws a key into a new file.
enum KeyNewCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "key new", summary: "draw a new signing key, and keep it in a file of mode 0600",
    operands: ["FILE"], options: [.json],
    example: "tributary key new author.key")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let path = arguments.operands[0]
    let key = try SigningKey.random()
    try KeyFile.create(key, at: path)
    try KeyText.show(key, path, arguments)
    if !arguments.has("--json") { print("Keep a copy of \(path) in a safe place: nobody can restore it.") }
    return .success
  }
}

/// `tributary key show`: the public halves of a key.
enum KeyShowCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "key show", summary: "show the public halves of a key, and never the secret",
    operands: ["FILE"], options: [.json],
    example: "tributary key show author.key --json")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let path = arguments.operands[0]
    try KeyText.show(try KeyFile.read(path), path, arguments)
    return .success
  }
}

/// What is shown of a key.
private enum KeyText {
  static func show(_ key: SigningKey, _ path: String, _ arguments: CommandLineArguments) throws {
    let natsUser = try NatsKey(of: key).user.name
    if arguments.has("--json") {
      print(JSONText.of(["file": path, "publicKey": key.publicKey.hex, "natsUser": natsUser]))
    } else {
      print(TextTable.pairs([("public key", key.publicKey.hex), ("NATS user", natsUser)]))
    }
  }
}
