import Agents
import Door
import Engines
import HTTP
import Ledger
import Wire

/// A network as it is reached over a gateway: what all commands for that share.
///
/// The genesis is all that is trusted. What the validators or an author signed is checked against it; the
/// rest is what the gateway says, and is shown as that.
struct RemoteNetwork: Sendable {
  /// The options of every command that asks a gateway.
  static let options: [CommandSpecification.Option] = [
    .init(name: "--gateway", value: "URL", help: "a gateway of the network (\(defaultURL))"),
    .init(name: "--genesis", value: "FILE", help: "the network's genesis: all that is trusted (genesis)"),
    .init(name: "--ca", value: "FILE", help: "a PEM file with the authority to trust for TLS"),
    .json,
  ]

  private static let defaultURL = "http://127.0.0.1:8443"
  // A gateway that is asked too much names the time after which it may be asked again.
  private static let patienceSeconds = 60.0
  private static let orderAttempts = 3

  let url: String
  let genesis: Genesis
  let client: GatewayClient

  var network: Digest { genesis.network }

  /// Reads the genesis, and makes sure that the gateway is one of its network.
  static func open(_ arguments: CommandLineArguments) async throws -> RemoteNetwork {
    let genesis = try GenesisFile.read(arguments.text("--genesis") ?? "genesis")
    let url = arguments.text("--gateway") ?? defaultURL
    var configuration = ClientConfiguration()
    configuration.certificateAuthorities = arguments.text("--ca")
    configuration.patienceSeconds = patienceSeconds
    let client = GatewayClient(url, configuration: configuration)
    let head = try await client.head()
    guard head.network == genesis.network.hex else {
      throw CommandError(
        "\(url) is a gateway of network \(head.network), and the genesis is that of \(genesis.network.hex); "
          + "name the other gateway or the other genesis")
    }
    return RemoteNetwork(url: url, genesis: genesis, client: client)
  }

  /// The task that is named, or the only one.
  func task(named text: String?) async throws -> Digest {
    if let text {
      guard let task = Digest(hex: text) else {
        throw CommandError(
          "a task is named by 64 hexadecimal digits, not '\(text)'; see 'tributary task list'")
      }
      return task
    }
    let tasks = try await client.tasks()
    guard let only = tasks.first.flatMap({ Digest(hex: $0.id) }), tasks.count == 1 else {
      let names = tasks.map { "\($0.id) (\($0.name))" }.joined(separator: "\n")
      throw CommandError("the network has \(tasks.count) tasks; name one with --task\n\(names)")
    }
    return only
  }

  /// A task as its author signed it.
  func offer(of task: Digest) async throws -> TaskOffer {
    let offer = try TaskOffer(opening: try await client.creation(of: task), network: network)
    guard offer.id == task else {
      throw AgentError.task("\(url) answers with task \(offer.id.short); ask another gateway")
    }
    return offer
  }

  /// What the validators signed of a task's newest version; nil while that is version 0.
  func newest(of task: Digest) async throws -> (header: VersionHeader, certificate: Certificate)? {
    var light = LightClient(genesis)
    return try await client.certified(task, by: &light)
  }

  /// The version at which an account held what is proved.
  ///
  /// - Throws: `LedgerError` if the proof leads nowhere, `AgentError` if it is another account's
  func check(_ proof: AccountProof, of key: PublicKey) async throws -> VersionHeader {
    var light = LightClient(genesis)
    let header = try await client.check(proof.certificate, by: &light)
    try light.check(proof)
    guard proof.account.key == key else {
      throw AgentError.version("\(url) proves another account than that of \(key.short); ask another gateway")
    }
    return header
  }

  /// Orders what a key signs with its next nonce.
  ///
  /// - Returns: the envelope, and its position in the log
  func order(by key: SigningKey, _ transaction: (_ nonce: UInt64) -> Transaction) async throws -> Ordered {
    let nonce = try await client.account(key.publicKey).nonce
    let envelope = transaction(nonce).signed(by: key)
    return try await settle(envelope) { try await client.order(envelope) }
  }

  /// Sends an order until there is an answer: the same order is applied once, however often it is sent.
  func settle(
    _ envelope: Envelope, _ send: () async throws -> GatewayClient.Outcome
  ) async throws -> Ordered {
    var failures = 0
    while true {
      do {
        switch try await send() {
        case .accepted(let position): return Ordered(envelope: envelope, position: position)
        case .refused(let problem):
          throw CommandError("\(url) refuses it: \(problem.detail) (\(problem.code))")
        }
      } catch let error as HTTPError where error.code == .unreachable || error.code == .timeout {
        failures += 1
        guard failures < Self.orderAttempts else {
          throw CommandError(
            "\(error)\nno answer came, so the order may have been applied or not: "
              + "look at 'tributary account show' before you order it again")
        }
      }
    }
  }

  /// An order that stands in the log.
  struct Ordered {
    let envelope: Envelope
    let position: UInt64

    /// Says what was ordered: in words, or for scripts.
    func say(_ words: String, _ arguments: CommandLineArguments) {
      let json: [String: Any] = ["id": envelope.id.hex, "position": position]
      print(arguments.has("--json") ? JSONText.of(json) : "\(words); log record \(position)")
    }
  }
}

/// What a command could not do, in words for whoever called it.
struct CommandError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension CommandLineArguments {
  /// The key that signs.
  func signingKey(_ command: CommandSpecification) throws -> SigningKey {
    guard let path = text("--key") else {
      throw UsageError("'\(command.name)' needs the key that signs: --key FILE", command: command.name)
    }
    return try KeyFile.read(path)
  }

  /// An operand as a number of units.
  func units(_ text: String, _ command: CommandSpecification) throws(UsageError) -> UInt64 {
    guard let units = UInt64(text), (1...Ledger.Limits.supplyUnits).contains(units) else {
      throw UsageError(
        "UNITS is a whole number from 1 to \(Ledger.Limits.supplyUnits), not '\(text)'", command: command.name
      )
    }
    return units
  }
}
