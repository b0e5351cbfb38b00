import Agents
import Door
import Ledger
import Settings
import Wire

/// `tributary account show`: what an account holds: proved as of the newest version, and said as of now.
enum AccountShowCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "account show", summary: "show an account: what is proved, and what the gateway says",
    operands: ["KEY"], options: RemoteNetwork.options,
    example: "tributary account show author.key --gateway https://gateway.example:8443")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let key = try NetworkSettings.key(arguments.operands[0])
    let remote = try await RemoteNetwork.open(arguments)
    let said = try await remote.client.account(key)
    do {
      let proof = try await remote.client.proof(of: key)
      var proved: Proved?
      if let proof { proved = Proved(account: proof.account, header: try await remote.check(proof, of: key)) }
      print(arguments.has("--json") ? try json(said, proved) : text(said, proved))
    } catch let error where Verification.isFailure(error) {
      return Verification.report(error, "the account cannot be verified")
    }
    return .success
  }

  /// An account that was checked against a certificate.
  private struct Proved {
    let account: Account
    let header: VersionHeader
  }

  private static func text(_ said: AccountView, _ proved: Proved?) -> String {
    var lines = ["account \(Console.shown(said.key))"]
    if let proved {
      lines += [
        "Proved as of version \(proved.header.version) of task \(proved.header.task.hex):",
        TextTable.pairs([
          ("  balance", "\(proved.account.balanceUnits)"), ("  bond", "\(proved.account.bondUnits)"),
          ("  nonce", "\(proved.account.nonce)"),
        ]),
      ]
    } else {
      lines.append("Nothing is proved: no version is final yet, or the account is newer than the last.")
    }
    let role = said.isContributor ? "contributor" : said.stakeUnits > 0 ? "validator" : "none"
    lines += [
      "The gateway says of now:",
      TextTable.pairs([
        ("  balance", "\(said.balanceUnits)"), ("  bond", "\(said.bondUnits)"),
        ("  stake", "\(said.stakeUnits), and \(said.bondedStakeUnits) in sets of validators to come"),
        ("  nonce", "\(said.nonce)"), ("  role", role),
      ]),
    ]
    lines += said.tasks.map { "  credit in task \(Console.shown($0.task)): \($0.credit)" }
    return lines.joined(separator: "\n")
  }

  private static func json(_ said: AccountView, _ proved: Proved?) throws -> String {
    var certified = JSONText.null
    if let proved {
      certified =
        [
          "task": proved.header.task.hex, "version": proved.header.version,
          "balanceUnits": proved.account.balanceUnits, "bondUnits": proved.account.bondUnits,
          "nonce": proved.account.nonce,
        ] as [String: Any]
    }
    return JSONText.of(["certified": certified, "gateway": try JSONText.object(said)])
  }
}

/// `tributary account transfer`: moves units to another account.
enum AccountTransferCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "account transfer", summary: "move units of your account to another one",
    operands: ["KEY", "UNITS"],
    options: [.init(name: "--key", value: "FILE", help: "the key that pays")] + RemoteNetwork.options,
    example: "tributary account transfer contributor-3.key 5000 --key author.key")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let recipient = try NetworkSettings.key(arguments.operands[0])
    let units = try arguments.units(arguments.operands[1], specification)
    let key = try arguments.signingKey(specification)
    let remote = try await RemoteNetwork.open(arguments)
    let ordered = try await remote.order(by: key) { nonce in
      .transfer(Transfer(network: remote.network, nonce: nonce, recipient: recipient, units: units))
    }
    ordered.say("\(units) units went to \(recipient.hex)", arguments)
    return .success
  }
}

/// `tributary account bond` and `account unbond`: make units a validator's stake, and take them back.
enum AccountStakeCommand {
  static let bond = Command(specification: bondSpecification) { arguments in
    try await run(
      arguments, bondSpecification, "units are bonded, and count from the next set of validators on"
    ) { .validatorBond(ValidatorBond(network: $0, nonce: $1, units: $2)) }
  }

  static let unbond = Command(specification: unbondSpecification) { arguments in
    try await run(
      arguments, unbondSpecification,
      "units leave the stake; they answer for what was signed with them until windows that they judged are "
        + "final, and then return to the balance"
    ) { .validatorUnbond(ValidatorUnbond(network: $0, nonce: $1, units: $2)) }
  }

  private static let bondSpecification = specification(
    "bond", "become a validator, or add to your stake, from the next set on")
  private static let unbondSpecification = specification(
    "unbond", "take units out of your stake, or leave the validators with all of them")

  private static func specification(_ name: String, _ summary: String) -> CommandSpecification {
    CommandSpecification(
      name: "account \(name)", summary: summary, operands: ["UNITS"],
      options: [.init(name: "--key", value: "FILE", help: "the validator's key")] + RemoteNetwork.options,
      example: "tributary account \(name) 1000 --key validator.key --gateway https://gateway.example:8443")
  }

  private static func run(
    _ arguments: CommandLineArguments, _ specification: CommandSpecification, _ words: String,
    _ transaction: (_ network: Digest, _ nonce: UInt64, _ units: UInt64) -> Transaction
  ) async throws -> ExitCode {
    let units = try arguments.units(arguments.operands[0], specification)
    let key = try arguments.signingKey(specification)
    let remote = try await RemoteNetwork.open(arguments)
    let ordered = try await remote.order(by: key) { transaction(remote.network, $0, units) }
    ordered.say("\(units) \(words)", arguments)
    return .success
  }
}
