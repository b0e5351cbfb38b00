import Aggregation
import Testing
import Wire

@testable import Ledger

@Suite("Holding back who goes on sending what is rejected")
struct BackOffTests {
  /// A window that others could fill without a contributor.
  private static func filled(by count: Int) throws -> (BackOff, others: [PublicKey], hostile: PublicKey) {
    let keys = try (0...count).map { try LedgerWorld.key(2, $0).publicKey }
    var backOff = BackOff()
    for key in keys.dropFirst() { backOff.note(.admit, of: key, in: 0) }
    return (backOff, Array(keys.dropFirst()), keys[0])
  }

  @Test("skips 0, 1, 3, 7 and 15 windows after 1 to 5 rejections, and never more")
  func skippedWindows() throws {
    var (backOff, others, hostile) = try Self.filled(by: 6)
    var window: UInt64 = 0
    for skipped: UInt64 in [0, 1, 3, 7, 15, 15, 15] {
      backOff.note(.reject(.unexplained), of: hostile, in: window)
      for other in others { backOff.note(.admit, of: other, in: window) }
      let heldWindows = (window + 1...window + BackOff.activeWindows).filter { next in
        backOff.open(next, windowSize: 4)
        return backOff.holds(hostile, at: next)
      }
      #expect(heldWindows == Array(window + 1..<window + 1 + min(skipped, BackOff.activeWindows)))
      #expect(!others.contains { backOff.holds($0, at: window + 1) })
      window += skipped + 1
    }
  }

  @Test("takes one strike away for each admission")
  func forgives() throws {
    var (backOff, _, hostile) = try Self.filled(by: 6)
    for verdict: Verdict in [.reject(.reversed), .admit, .reject(.reversed), .admit, .reject(.reversed)] {
      backOff.note(verdict, of: hostile, in: 1)
      backOff.open(2, windowSize: 4)
      #expect(!backOff.holds(hostile, at: 2))
    }
    backOff.note(.reject(.reversed), of: hostile, in: 1)
    #expect(backOff.holds(hostile, at: 2))
  }

  @Test(
    "holds nobody back unless those without strikes would fill half as many windows again",
    arguments: [(5, false), (6, true)])
  func needsOthers(others: Int, isHeld: Bool) throws {
    var (backOff, _, hostile) = try Self.filled(by: others)
    for _ in 0..<2 { backOff.note(.reject(.twin), of: hostile, in: 0) }
    backOff.open(1, windowSize: 4)
    #expect(backOff.holds(hostile, at: 1) == isHeld)
  }

  @Test("keeps what waits of a held contributor out of windows until its time has come")
  func waits() throws {
    var world = try LedgerWorld(contributors: 8, policy: LedgerWorld.policy(maximumStaleness: 8))
    for number in 4..<8 { world.contribute(number, 0) }
    world.finishWindow(rejecting: [0])
    world.finishWindow(rejecting: [0])
    let early = LedgerWorld.digest(0, 500)
    #expect(world.commit(0, early).names == ["committed"])
    world.finishWindow(rejecting: [0])
    #expect(world.state.backOff.holds(world.contributors[0].publicKey, at: world.state.collectingWindow))
    #expect(world.submit(0, early).isEmpty, "it waits")
    var windows: [UInt64] = []
    while !world.state.collecting.intake.holds(early), windows.count < 20 {
      windows.append(world.state.collectingWindow)
      world.finishWindow()
    }
    #expect(!windows.isEmpty && windows.count <= 3, "waited through windows \(windows)")
  }

  @Test("lets go of everybody once those who were to fill the window are rejected themselves")
  func letsGo() throws {
    var world = try LedgerWorld(contributors: 8, policy: LedgerWorld.policy(maximumStaleness: 8))
    for number in 4..<8 { world.contribute(number, 0) }
    for _ in 0..<4 { world.finishWindow(rejecting: [0]) }
    let early = LedgerWorld.digest(0, 500)
    world.commit(0, early)
    world.finishWindow(rejecting: [0])
    #expect(world.submit(0, early).isEmpty, "it waits")
    for number in 1..<8 { world.contribute(number, 100) }
    world.finishWindow(rejecting: Set(1..<8))
    for number in 1..<8 { world.contribute(number, 101) }
    world.decide(rejecting: Set(1..<8))
    let window = world.state.collectingWindow
    #expect(world.state.backOff.holds(world.contributors[0].publicKey, at: window))
    #expect(!world.state.collecting.intake.holds(early))
    // With this, nobody is left without strikes.
    for validator in world.validators.indices { world.attest(validator) }
    #expect(world.state.collectingWindow == window)
    #expect(!world.contributors.contains { world.state.backOff.holds($0.publicKey, at: window) })
    #expect(world.state.collecting.intake.holds(early))
  }

  @Test("goes on when everybody's updates are rejected")
  func liveness() throws {
    var world = try LedgerWorld(contributors: 8)
    for window in 0..<30 {
      world.finishWindow(rejecting: Set(0..<8))
      #expect(world.state.version == UInt64(window + 1))
    }
  }
}
