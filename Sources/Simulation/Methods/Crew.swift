/// The devices that train for an asynchronous server at a time.
struct Crew: Sendable {
  /// How many are to train at a time, at least 1.
  let size: Int
  private var working: Set<Int> = []

  init(size: Int) { self.size = size }

  /// Takes note of who has nothing to do any more, and puts others to work.
  mutating func relieve(_ device: Int? = nil, from pool: inout DevicePool) -> [MethodDirective] {
    if let device { working.remove(device) }
    let drawn = pool.draw(size - working.count)
    working.formUnion(drawn)
    return drawn.map { .train($0, LocalWork()) }
  }
}

/// A method whose devices train one by one: whoever has answered makes room for another.
protocol AsynchronousMethod: FederatedMethod {
  var crew: Crew { get set }

  /// Makes something of an update.
  mutating func take(_ update: DenseUpdate)
}

extension AsynchronousMethod {
  mutating func handle(_ event: MethodEvent, _ pool: inout DevicePool) -> [MethodDirective] {
    switch event {
    case .began: return crew.relieve(from: &pool)
    case .idle(let device): return crew.relieve(device, from: &pool)
    case .update(let update):
      take(update)
      return crew.relieve(update.device, from: &pool)
    case .timeout: return []
    }
  }
}
