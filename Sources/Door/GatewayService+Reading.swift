import Agents
import Aggregation
import HTTP
import Ledger
import Wire

// What goes down, but for blobs and events.
extension GatewayService {
  func read(_ route: Route, _ request: Request) async throws -> Response {
    switch route {
    case .health: return try await health()
    case .metrics: return await metricsText()
    case .genesis: return Answers.protobuf(genesis.wireBytes)
    case .head: return try head()
    case .tasks:
      guard let after = Digest(hex: request.head.target.value(of: "after") ?? Digest.zero.hex) else {
        return Answers.badQuery("after is no identifier; give 64 lower-case hexadecimal digits")
      }
      let tasks = replica.tasks.values.filter { $0.id > after }.sorted { $0.id < $1.id }
      return try Answers.json(tasks.prefix(limits.listEntries).map(view))
    case .task(let id): return try task(id, request)
    case .versions(let id): return try versions(of: id, request)
    case .version(let id, let number): return try version(number, of: id, request)
    case .checkpoints(let id):
      guard let entry = publications.tasks[id] else { return Self.noTask }
      return try Answers.json(entry.checkpoints.map { CheckpointView($0) })
    case .account(let key): return try Answers.json(AccountView(key, in: replica))
    case .handovers: return handovers(request)
    case .receipts: return try receipts(request)
    default: return Answers.notFound("nothing is at this path")
    }
  }

  private func head() throws -> Response {
    try Answers.json(
      HeadView(
        network: replica.network.hex, name: genesis.name, logLength: replica.chain.length,
        logChain: replica.chain.digest.hex, tasks: replica.tasks.count,
        contributors: replica.contributors.count, validators: replica.validators.members.count,
        epoch: replica.validators.epoch))
  }

  private func handovers(_ request: Request) -> Response {
    guard let epoch = UInt64(request.head.target.value(of: "after") ?? "0") else {
      return Answers.badQuery("after is no epoch; give one, such as after=0")
    }
    return Answers.protobuf(HandoverChain(page: gateway.handovers(after: epoch)).wireBytes)
  }

  private func view(_ task: TaskState) -> TaskView {
    let specification = task.specification
    return TaskView(
      id: task.id.hex, name: specification.name, author: task.author.hex,
      trainer: TaskView.Trainer(specification.trainer), parameters: specification.parameterCount,
      firstWeights: specification.firstWeights.hex,
      version: task.version, root: task.root.hex, collectingWindow: task.collectingWindow,
      collectedUpdates: task.collectedUpdates, phase: task.phase.rawValue,
      windowSize: UInt64(specification.merge.windowSize),
      maximumStaleness: UInt64(specification.merge.maximumStaleness),
      packetBytes: gateway.packetBytesLimit(of: task.id), escrowUnits: task.escrowUnits)
  }

  private static let noTask = Answers.notFound(
    "there is no such task in this network; take its identifier from /v1/tasks")

  private func task(_ id: Digest, _ request: Request) throws -> Response {
    guard let state = replica.tasks[id], let entry = publications.tasks[id] else { return Self.noTask }
    return Answers.prefersJSON(request)
      ? try Answers.json(view(state)) : Answers.protobuf(entry.creation.wireBytes)
  }

  private func versions(of id: Digest, _ request: Request) throws -> Response {
    guard let entry = publications.tasks[id] else { return Self.noTask }
    guard let after = UInt64(request.head.target.value(of: "after") ?? "0") else {
      return Answers.badQuery("after is no version number; give one, such as after=0")
    }
    let skipped = Int(min(after, UInt64(entry.versions.count)))
    return try Answers.json(
      entry.versions.dropFirst(skipped).prefix(limits.listEntries).map { VersionView($0) })
  }

  private func version(_ number: UInt64?, of id: Digest, _ request: Request) throws -> Response {
    guard let entry = publications.tasks[id] else { return Self.noTask }
    let newest = UInt64(entry.versions.count)
    let wanted = number ?? newest
    guard wanted > 0, wanted <= newest else {
      let detail = newest == 0 ? "no version is final yet; wait for one" : "versions 1 to \(newest) are final"
      return .problem(404, code: "notFinal", detail: "\(detail), and version 0 is the task's first weights")
    }
    let version = entry.versions[Int(wanted - 1)]
    if Answers.prefersJSON(request) { return try Answers.json(VersionView(version)) }
    guard let certificate = version.certificate else {
      return .problem(
        410, code: "forgotten", detail: "this gateway keeps newer certificates only; ask for a newer version")
    }
    return Answers.protobuf(certificate)
  }

  private func receipts(_ request: Request) throws -> Response {
    let target = request.head.target
    guard let key = PublicKey(hex: target.value(of: "contributor") ?? "") else {
      return Answers.badQuery("contributor is no public key; give one as 64 lower-case hexadecimal digits")
    }
    var found = receipts.receipts(of: key)
    if let text = target.value(of: "task") {
      guard let task = Digest(hex: text) else {
        return Answers.badQuery("task is no identifier; give 64 lower-case hexadecimal digits")
      }
      found.removeAll { $0.task != task }
    }
    return try Answers.json(found.map { ReceiptView($0) })
  }

  // The tree takes a hash an account, which others need not wait for.
  nonisolated func proof(of key: PublicKey, _ request: Request) async throws -> Response {
    var task: Digest?
    if let text = request.head.target.value(of: "task") {
      task = Digest(hex: text)
      if task == nil {
        return Answers.badQuery("task is no identifier; give 64 lower-case hexadecimal digits")
      }
    }
    guard let found = await publications.newestProvable(task: task) else {
      return .problem(
        404, code: "notFinal", detail: "no version is final yet, so nothing can be proved; wait for one")
    }
    guard let proof = found.accounts.proof(of: key) else {
      return Answers.notFound(
        "the key had no account when the newest version was decided; wait for the next one")
    }
    let certificate = try Certificate(wireBytes: found.certificate, limit: Limits.certificateBytes)
    return Answers.protobuf(
      AccountProof(account: found.accounts[key], proof: proof, certificate: certificate).wireBytes)
  }
}
