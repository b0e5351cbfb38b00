/// A dictionary that forgets: once its values cost too much together, those that were set longest ago go.
struct BoundedMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry: Sendable {
    let value: Value
    let cost: Int
    let stamp: UInt64
  }

  private let limit: Int
  private var entries: [Key: Entry] = [:]
  /// Keys in the order in which they were set; those with an older stamp than the entry's were set again.
  private var order: [(key: Key, stamp: UInt64)] = []
  private var first = 0
  private var stamp: UInt64 = 0
  private(set) var cost = 0

  init(limit: Int) {
    self.limit = limit
  }

  var count: Int { entries.count }

  subscript(key: Key) -> Value? { entries[key]?.value }

  /// Sets a value, which costs something; one that costs more than the limit is not kept.
  mutating func set(_ key: Key, _ value: Value, cost newCost: Int = 1) {
    remove(key)
    guard newCost <= limit else { return }
    stamp += 1
    entries[key] = Entry(value: value, cost: newCost, stamp: stamp)
    order.append((key, stamp))
    cost += newCost
    while cost > limit, first < order.count { forgetFirst() }
    if first > 32, first * 2 > order.count { compact() }
    if order.count - first > 2 * entries.count + 32 { compact() }
  }

  /// Takes a value out; nil if it is not there.
  @discardableResult
  mutating func remove(_ key: Key) -> Value? {
    guard let old = entries.removeValue(forKey: key) else { return nil }
    cost -= old.cost
    return old.value
  }

  private mutating func forgetFirst() {
    let (key, stamp) = order[first]
    first += 1
    guard let entry = entries[key], entry.stamp == stamp else { return }
    entries[key] = nil
    cost -= entry.cost
  }

  private mutating func compact() {
    order = order[first...].filter { entries[$0.key]?.stamp == $0.stamp }
    first = 0
  }
}
