import Agents
import Aggregation
import Door
import Ledger
import Settings
import Wire

/// `tributary task create`: signs a task, and opens it with its first weights and its escrow.
enum TaskCreateCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "task create", summary: "open a task: a model to be trained, and the units that pay for it",
    operands: ["FILE"],
    options: [
      .init(name: "--key", value: "FILE", help: "the author's key")
    ] + RemoteNetwork.options + [
      .init(
        name: "--print-task", value: nil, help: "print a task's file, with what each field means",
        replacesOperands: true)
    ],
    example: "tributary task create task.json5 --key author.key --gateway https://gateway.example:8443")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    if arguments.has("--print-task") {
      print(TaskSettings.documented)
      return .success
    }
    let path = arguments.operands[0]
    let key = try arguments.signingKey(Self.specification)
    let task = try await PreparedTask.read(path: path)
    let (settings, specification, weights) = (task.settings, task.specification, task.firstWeights)
    let remote = try await RemoteNetwork.open(arguments)
    let nonce = try await remote.client.account(key.publicKey).nonce
    let creation = Transaction.taskCreation(
      TaskCreation(
        network: remote.network, nonce: nonce, specification: specification,
        escrowUnits: settings.reward.escrowUnits)
    ).signed(by: key)
    let bytes = FlatWeights.encode(weights)
    let ordered = try await remote.settle(creation) {
      try await remote.client.open(creation, firstWeights: bytes)
    }
    if arguments.has("--json") {
      print(
        JSONText.of([
          "task": creation.id.hex, "position": ordered.position, "parameters": weights.count,
          "escrowUnits": settings.reward.escrowUnits,
        ]))
    } else {
      print(
        "task \(creation.id.hex): \(Console.shown(specification.trainer.name)), \(weights.count) parameters, "
          + "\(settings.reward.escrowUnits) units in escrow; log record \(ordered.position)")
    }
    return .success
  }
}

/// `tributary task list`: the tasks of a network, as a gateway lists them.
enum TaskListCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "task list", summary: "list a network's tasks, as the gateway says they stand",
    options: RemoteNetwork.options, example: "tributary task list --gateway https://gateway.example:8443")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let remote = try await RemoteNetwork.open(arguments)
    let tasks = try await remote.client.tasks()
    if arguments.has("--json") {
      print(try JSONText.of(tasks))
      return .success
    }
    let rows = tasks.map { task in
      [
        Console.shown(task.id), Console.shown(task.name), Console.shown(task.trainer.name),
        "version \(task.version)",
        "\(task.collectedUpdates)/\(task.windowSize) updates", "\(task.escrowUnits) units",
      ]
    }
    print("The gateway says:")
    for line in TextTable.lines(rows, leftAligned: [0, 1, 2]) { print(line) }
    return .success
  }
}

/// `tributary task show`: a task as its author signed it, and how it stands.
enum TaskShowCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "task show",
    summary: "show a task: what its author signed, what is certified, what the gateway says",
    operands: ["TASK"], options: RemoteNetwork.options,
    example: "tributary task show 5ae1…c0 --gateway https://gateway.example:8443")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let remote = try await RemoteNetwork.open(arguments)
    let task = try await remote.task(named: arguments.operands[0])
    do {
      let offer = try await remote.offer(of: task)
      let newest = try await remote.newest(of: task)?.header
      let said = try await remote.client.task(task)
      print(arguments.has("--json") ? try json(offer, newest, said) : text(offer, newest, said))
    } catch let error where Verification.isFailure(error) {
      return Verification.report(error, "the task cannot be verified")
    }
    return .success
  }

  private static func text(_ offer: TaskOffer, _ newest: VersionHeader?, _ said: TaskView) -> String {
    let specification = offer.specification
    return [
      "The author signed:",
      TextTable.pairs(
        [
          ("  task", offer.id.hex), ("  name", Console.shown(specification.name)),
          ("  author", offer.author.hex), ("  trainer", TaskText.trainer(specification.trainer)),
        ] + TaskText.files(specification.trainer) + [
          ("  parameters", "\(specification.parameterCount)"),
          ("  training", TaskText.training(specification.training)),
          ("  merge", "\(specification.merge.rule.name), windows of \(specification.merge.windowSize)"),
          ("  reward", "\(specification.reward.unitsPerVersion) units a version"),
        ]),
      newest.map { "The validators certified:\n  version \($0.version), root \($0.root.hex)" }
        ?? "No version is certified yet.",
      "The gateway says:",
      TextTable.pairs([
        ("  version", "\(said.version)"),
        ("  window", "\(said.collectingWindow), with \(said.collectedUpdates) of \(said.windowSize) updates"),
        ("  escrow", "\(said.escrowUnits) units"),
      ]),
    ].joined(separator: "\n")
  }

  private static func json(_ offer: TaskOffer, _ newest: VersionHeader?, _ said: TaskView) throws -> String {
    let signed = TaskText.json(offer.specification).merging(
      ["task": offer.id.hex, "author": offer.author.hex]) { $1 }
    let certified: Any =
      newest.map { ["version": $0.version, "root": $0.root.hex] as [String: Any] } ?? JSONText.null
    return JSONText.of(["signed": signed, "certified": certified, "gateway": try JSONText.object(said)])
  }
}

/// `tributary task fund`: adds units to a task's escrow.
enum TaskFundCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "task fund", summary: "add units of your account to a task's escrow",
    operands: ["TASK", "UNITS"],
    options: [.init(name: "--key", value: "FILE", help: "the key that pays")] + RemoteNetwork.options,
    example: "tributary task fund 5ae1…c0 100000 --key author.key")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let units = try arguments.units(arguments.operands[1], specification)
    let key = try arguments.signingKey(specification)
    let remote = try await RemoteNetwork.open(arguments)
    let task = try await remote.task(named: arguments.operands[0])
    let ordered = try await remote.order(by: key) { nonce in
      .taskFunding(TaskFunding(network: remote.network, nonce: nonce, task: task, units: units))
    }
    ordered.say("\(units) units are in the escrow of task \(task.hex)", arguments)
    return .success
  }
}
