/// Runs work beside the simulation, so many pieces at a time, each lane's in their order.
struct TrainingLanes<Value: Sendable> {
  /// What a piece of work came to, and how long a core computed for it.
  struct Finished: Sendable {
    let value: Value
    let coreSeconds: Double
  }

  private var tails: [Task<Finished, Never>?]
  private var next = 0

  /// - Parameter count: how many pieces run at a time, at least 1
  init(count: Int) {
    tails = [Task<Finished, Never>?](repeating: nil, count: max(1, count))
  }

  /// Takes up work, which must not wait for anything itself.
  mutating func add(_ work: @escaping @Sendable () async -> Value) -> Task<Finished, Never> {
    let before = tails[next]
    let task = Task {
      _ = await before?.value
      let start = ProcessUsage.threadSeconds
      let value = await work()
      return Finished(value: value, coreSeconds: ProcessUsage.threadSeconds - start)
    }
    tails[next] = task
    next = (next + 1) % tails.count
    return task
  }
}
