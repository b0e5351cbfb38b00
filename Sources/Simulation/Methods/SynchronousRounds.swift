/// The rounds of a synchronous server: some devices are asked, and their average is the next version.
struct SynchronousRounds: Sendable {
  /// How many devices are asked in a round, at least 1.
  let asked: Int
  /// A round ends with so many updates, at most `asked`.
  let kept: Int
  /// A round ends after so much time with what there is, since who was lost would block it for ever.
  let timeoutSeconds: Double
  /// What devices are told.
  let work: LocalWork

  private(set) var model: DenseModel
  private var round: UInt64 = 0
  /// The devices of this round that have not answered; nil between rounds.
  private var awaited: Set<Int>?
  private var updates: [DenseUpdate] = []
  private var wanted = 0

  init(asked: Int, kept: Int, timeoutSeconds: Double, work: LocalWork = LocalWork(), weights: [Float]) {
    self.asked = asked
    self.kept = kept
    self.timeoutSeconds = timeoutSeconds
    self.work = work
    model = DenseModel(weights: weights)
  }

  mutating func handle(_ event: MethodEvent, _ pool: inout DevicePool) -> [MethodDirective] {
    switch event {
    case .began: return begin(&pool)
    case .idle: return awaited == nil ? begin(&pool) : []
    case .update(let update):
      guard update.version == model.version, awaited?.remove(update.device) != nil else { return [] }
      updates.append(update)
      return updates.count == wanted ? end(&pool) : []
    case .timeout(let round): return awaited != nil && round == self.round ? end(&pool) : []
    }
  }

  private mutating func begin(_ pool: inout DevicePool) -> [MethodDirective] {
    let devices = pool.draw(asked)
    guard !devices.isEmpty else { return [] }
    round += 1
    awaited = Set(devices)
    wanted = min(kept, devices.count)
    return devices.map { .train($0, work) } + [.wait(seconds: timeoutSeconds, round: round)]
  }

  /// Averages what came, by the number of examples, and begins the next round.
  private mutating func end(_ pool: inout DevicePool) -> [MethodDirective] {
    let late = (awaited ?? []).sorted()
    awaited = nil
    pool.putBack(late)
    let examples = updates.reduce(0) { $0 + $1.examples }
    if !updates.isEmpty { model.add(updates.map { ($0, Double($0.examples) / Double(examples)) }) }
    updates = []
    return (late.isEmpty ? [] : [.abandon(late)]) + begin(&pool)
  }
}

/// A method that goes by rounds.
protocol SynchronousMethod: FederatedMethod {
  var rounds: SynchronousRounds { get set }
}

extension SynchronousMethod {
  var model: DenseModel { rounds.model }

  mutating func handle(_ event: MethodEvent, _ pool: inout DevicePool) -> [MethodDirective] {
    rounds.handle(event, &pool)
  }
}
