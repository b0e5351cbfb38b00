import Numerics

/// The devices that take part now and have nothing to do, for a server to choose from.
struct DevicePool: Sendable {
  /// In ascending order.
  private(set) var devices: [Int]
  private(set) var random: SeededRandom
  /// Whether more were wanted than there were.
  private(set) var isShort = false
  /// Those that take part, idle or not.
  private let open: Set<Int>

  /// - Parameters:
  ///   - devices: those that take part and have nothing to do, in ascending order
  ///   - busy: those that take part and work
  ///   - random: decides who is drawn
  init(_ devices: [Int], busy: some Sequence<Int> = [], random: SeededRandom) {
    self.devices = devices
    self.random = random
    open = Set(devices).union(busy)
  }

  /// Takes devices out of the pool, each alike likely; all of them if there are no more than are wanted.
  mutating func draw(_ count: Int) -> [Int] {
    if count > devices.count { isShort = true }
    let drawn = random.sample(min(count, devices.count), of: devices.count).sorted().map { devices[$0] }
    let taken = Set(drawn)
    devices.removeAll { taken.contains($0) }
    return drawn
  }

  /// Puts devices that nobody waits for any more back, as far as they take part.
  mutating func putBack(_ idle: some Sequence<Int>) {
    devices = open.intersection(idle).union(devices).sorted()
  }
}
