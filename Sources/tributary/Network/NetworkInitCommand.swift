import Agents
import Ledger
import Settings
import Wire

/// `tributary network init`: writes the genesis that a network starts from.
enum NetworkInitCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "network init", summary: "write the genesis of a new network, and print the network's digest",
    operands: ["GENESIS"],
    options: [
      .init(name: "--settings", value: "FILE", help: "settings in JSON5; the options below go before"),
      .init(name: "--name", value: "NAME", help: "the network's name (network)"),
      .init(
        name: "--validator", value: "KEY:UNITS",
        help: "a validator and its stake; may be repeated. KEY is 64 digits or a key file"),
      .init(name: "--allocate", value: "KEY:UNITS", help: "an account that holds units; may be repeated"),
      .init(name: "--contributor-bond", value: "UNITS", help: "the bond of a contributor (1000)"),
      .init(
        name: "--print-settings", value: nil, help: "print settings, with what each means",
        replacesOperands: true),
      .json,
    ],
    example: "tributary network init genesis --validator v0.key:1000 --allocate author.key:20000000")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    if arguments.has("--print-settings") {
      print(NetworkSettings.documented)
      return .success
    }
    let genesis = try settings(arguments).genesis()
    let path = arguments.operands[0]
    try GenesisFile.create(genesis, at: path)
    GenesisText.show(genesis, path, arguments)
    return .success
  }

  private static func settings(_ arguments: CommandLineArguments) throws -> NetworkSettings {
    var settings = try NetworkSettings(path: arguments.text("--settings"))
    settings.name = arguments.text("--name") ?? settings.name
    settings.validators += try arguments.texts("--validator").map { try share($0, "--validator") }
    settings.allocations += try arguments.texts("--allocate").map { try share($0, "--allocate") }
    if let units: UInt64 = try arguments.number(
      "--contributor-bond", in: 0...Ledger.Limits.supplyUnits, command: specification)
    {
      settings.contributorBondUnits = units
    }
    guard !settings.validators.isEmpty else {
      throw UsageError("a network needs a validator: --validator KEY:UNITS", command: specification.name)
    }
    return settings
  }

  private static func share(_ text: String, _ option: String) throws(UsageError) -> NetworkSettings.Share {
    // A key file's name may have colons of its own.
    guard let colon = text.lastIndex(of: ":"), let units = UInt64(text[text.index(after: colon)...]),
      (1...Ledger.Limits.supplyUnits).contains(units)
    else {
      throw UsageError(
        "\(option) takes KEY:UNITS, such as author.key:1000, not '\(text)'", command: specification.name)
    }
    return .init(key: String(text[..<colon]), units: units)
  }
}

/// `tributary network show`: what a genesis says.
enum NetworkShowCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "network show", summary: "show a network's genesis: its digest, validators and units",
    operands: ["GENESIS"], options: [.json],
    example: "tributary network show genesis")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let path = arguments.operands[0]
    GenesisText.show(try GenesisFile.read(path), path, arguments)
    return .success
  }
}

/// What is shown of a genesis.
private enum GenesisText {
  static func show(_ genesis: Genesis, _ path: String, _ arguments: CommandLineArguments) {
    print(arguments.has("--json") ? json(genesis, path) : text(genesis))
  }

  private static func text(_ genesis: Genesis) -> String {
    let pairs = [
      ("network", genesis.network.hex), ("name", genesis.name), ("units", "\(genesis.supplyUnits)"),
      ("contributor bond", "\(genesis.contributorBondUnits)"),
      ("reporter's share", "\(genesis.reporterShareBasisPoints) basis points"),
      ("a withheld row", "\(genesis.withheldRowBasisPoints) basis points of the bond"),
      ("greatest weight", "\(genesis.validators.weightCapBasisPoints) basis points of all"),
      ("least stake", "\(genesis.minimumStakeUnits)"), ("least validators", "\(genesis.minimumValidators)"),
      ("accounts with units", "\(genesis.allocations.count)"),
    ]
    let rows = genesis.validators.members.map { ["validator", $0.key.hex, "\($0.stakeUnits)"] }
    return ([TextTable.pairs(pairs)] + TextTable.lines(rows, leftAligned: [0, 1])).joined(separator: "\n")
  }

  private static func json(_ genesis: Genesis, _ path: String) -> String {
    let validators = genesis.validators.members.map {
      ["key": $0.key.hex, "stakeUnits": $0.stakeUnits] as [String: Any]
    }
    let allocations = genesis.allocations.map { ["key": $0.key.hex, "units": $0.units] as [String: Any] }
    let object: [String: Any] = [
      "file": path, "network": genesis.network.hex, "name": genesis.name,
      "supplyUnits": genesis.supplyUnits, "contributorBondUnits": genesis.contributorBondUnits,
      "reporterShareBasisPoints": genesis.reporterShareBasisPoints,
      "withheldRowBasisPoints": genesis.withheldRowBasisPoints,
      "weightCapBasisPoints": genesis.validators.weightCapBasisPoints,
      "minimumStakeUnits": genesis.minimumStakeUnits, "minimumValidators": genesis.minimumValidators,
      "validators": validators,
      "allocations": allocations,
    ]
    return JSONText.of(object)
  }
}
