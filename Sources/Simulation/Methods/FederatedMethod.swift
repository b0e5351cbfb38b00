/// A server that has devices train on dense weights, as a value without I/O: it hears what happens, and says
/// what is to be done.
///
/// These are the methods that Tributary is held against. They trust every update, and keep no ledger.
protocol FederatedMethod: Sendable {
  /// The newest version of the model.
  var model: DenseModel { get }

  /// Takes an event.
  ///
  /// - Parameter pool: the devices that could begin now
  mutating func handle(_ event: MethodEvent, _ pool: inout DevicePool) -> [MethodDirective]
}

/// What happens to a method's server.
enum MethodEvent: Sendable {
  /// The first version is there to be trained.
  case began
  /// A device asks for work: it takes part again, or is back after it has lost its training.
  case idle(Int)
  /// A device has trained.
  case update(DenseUpdate)
  /// The time of `MethodDirective.wait` is over.
  case timeout(round: UInt64)
}

/// What a method's server wants done.
enum MethodDirective: Sendable, Equatable {
  /// Send a device the newest version, to be trained.
  case train(Int, LocalWork)
  /// Tell devices that nobody waits for them any more; they are in the pool again.
  case abandon([Int])
  /// Say so when so much time has passed.
  case wait(seconds: Double, round: UInt64)
}

/// What a device is to do with a version beyond the task's plan.
struct LocalWork: Sendable, Equatable {
  /// The factor of FedProx' proximal term; 0 for none.
  var proximal = 0.0
  /// The device takes as many steps as let it answer within this time, and none if not one does.
  var deadlineSeconds = Double.infinity
}

/// What a device made of a version.
struct DenseUpdate: Sendable {
  let device: Int
  /// The version that it started from.
  let version: UInt64
  let firstWeights: [Float]
  let weights: [Float]
  /// How many examples it holds.
  let examples: Int
}

/// A server's model.
struct DenseModel: Sendable {
  private(set) var weights: [Float]
  private(set) var version: UInt64 = 0
  /// What the newest version was made of.
  private(set) var merge = ModelMeter.Merge()
  /// The weights of the version before; at first those of the newest.
  private var previousWeights: [Float]

  init(weights: [Float]) {
    self.weights = weights
    previousWeights = weights
  }

  /// How many versions were made since a device got the one that it trained.
  func staleness(of update: DenseUpdate) -> Double { Double(version - update.version) }

  /// Makes the next version: weights + momentum * the step before + the sum of factor * (what the update
  /// changed).
  mutating func add(_ updates: [(update: DenseUpdate, factor: Double)], momentum: Double = 0) {
    var next = weights
    if momentum > 0 {
      for index in next.indices { next[index] += Float(momentum) * (weights[index] - previousWeights[index]) }
    }
    for (update, factor) in updates {
      for index in next.indices {
        next[index] += Float(factor) * (update.weights[index] - update.firstWeights[index])
      }
    }
    advance(to: next, with: updates.map(\.update))
  }

  /// Makes the next version: (1 - share) * weights + share * the update's weights.
  mutating func mix(_ update: DenseUpdate, share: Double) {
    let next = zip(weights, update.weights).map { $0 + Float(share) * ($1 - $0) }
    advance(to: next, with: [update])
  }

  private mutating func advance(to next: [Float], with updates: [DenseUpdate]) {
    let staleness = updates.reduce(0) { $0 + self.staleness(of: $1) } / Double(max(1, updates.count))
    merge = ModelMeter.Merge(updates: updates.count, merged: updates.count, meanStaleness: staleness)
    previousWeights = weights
    weights = next
    version += 1
  }
}
