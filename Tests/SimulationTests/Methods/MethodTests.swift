import Numerics
import Testing

@testable import Simulation

/// Each method beside a case that was computed by hand.
struct MethodTests {
  private func pool(_ devices: [Int]) -> DevicePool { DevicePool(devices, random: SeededRandom(seed: 1)) }

  private func update(_ device: Int, of version: UInt64, from first: Float, to last: Float, examples: Int = 1)
    -> MethodEvent
  {
    .update(
      DenseUpdate(
        device: device, version: version, firstWeights: [first], weights: [last], examples: examples))
  }

  /// The devices that are told to train.
  private func trained(_ directives: [MethodDirective]) -> [Int] {
    directives.compactMap { if case .train(let device, _) = $0 { device } else { nil } }
  }

  @Test func averagingWaitsForAllAndWeighsByExamples() {
    var method = FedAvg(perRound: 2, timeoutSeconds: 60, weights: [10])
    var idle = pool([4, 7])
    #expect(
      method.handle(.began, &idle)
        == [.train(4, LocalWork()), .train(7, LocalWork()), .wait(seconds: 60, round: 1)])
    var none = pool([])
    #expect(method.handle(update(4, of: 0, from: 10, to: 14, examples: 3), &none).isEmpty)
    #expect(method.model.weights == [10] && method.model.version == 0)
    idle = pool([4, 7])
    #expect(trained(method.handle(update(7, of: 0, from: 10, to: 2, examples: 1), &idle)) == [4, 7])
    // 10 + 3/4 * 4 - 1/4 * 8
    #expect(method.model.weights == [11] && method.model.version == 1)
  }

  @Test func aTimeoutEndsARoundWithoutTheLost() {
    var method = FedAvg(perRound: 2, timeoutSeconds: 60, weights: [0])
    var idle = pool([0, 1])
    _ = method.handle(.began, &idle)
    var none = pool([])
    _ = method.handle(update(0, of: 0, from: 0, to: 6), &none)
    idle = DevicePool([0], busy: [1], random: SeededRandom(seed: 1))
    let directives = method.handle(.timeout(round: 1), &idle)
    #expect(directives.first == .abandon([1]) && trained(directives) == [0, 1])
    #expect(method.model.weights == [6])
    var late = pool([])
    #expect(
      method.handle(update(1, of: 0, from: 0, to: 100), &late).isEmpty, "it answers a round that is over")
    #expect(method.handle(.timeout(round: 1), &late).isEmpty)
    #expect(method.model.weights == [6])
  }

  @Test func aRoundOfTheLostChangesNothing() {
    var method = FedAvg(perRound: 1, timeoutSeconds: 60, weights: [3])
    var idle = pool([0])
    _ = method.handle(.began, &idle)
    idle = DevicePool([], busy: [0], random: SeededRandom(seed: 1))
    #expect(trained(method.handle(.timeout(round: 1), &idle)) == [0])
    #expect(method.model.weights == [3] && method.model.version == 0)
  }

  @Test func aServerWithoutDevicesWaitsForOne() {
    var method = FedAvg(perRound: 2, timeoutSeconds: 60, weights: [3])
    var none = pool([])
    #expect(method.handle(.began, &none).isEmpty && none.isShort)
    var one = pool([5])
    #expect(trained(method.handle(.idle(5), &one)) == [5])
    // Nobody else took part when the round began, so that one update ends it.
    one = pool([5])
    _ = method.handle(update(5, of: 0, from: 3, to: 4), &one)
    #expect(method.model.version == 1)
  }

  @Test func overSelectionKeepsTheFirst() {
    var method = OverSelectedFedAvg(perRound: 2, timeoutSeconds: 60, weights: [0])
    var idle = pool([0, 1, 2, 3])
    #expect(trained(method.handle(.began, &idle)).count == 3, "2 * 1.3, rounded up")
    let asked = [0, 1, 2, 3].filter { !idle.devices.contains($0) }
    var some = DevicePool([], busy: asked.dropLast(), random: SeededRandom(seed: 1))
    _ = method.handle(update(asked[2], of: 0, from: 0, to: 4), &some)
    some = DevicePool([asked[0]], busy: [asked[1]], random: SeededRandom(seed: 1))
    let directives = method.handle(update(asked[0], of: 0, from: 0, to: 2), &some)
    #expect(method.model.weights == [3])
    #expect(directives.first == .abandon([asked[1]]))
    var none = pool([])
    _ = method.handle(update(asked[1], of: 0, from: 0, to: 50), &none)
    #expect(method.model.weights == [3])
  }

  @Test func proximalRoundsEndAtTheirDeadline() {
    var method = FedProx(perRound: 2, deadlineSeconds: 30, mu: 0.1, weights: [0])
    var idle = pool([0, 1])
    let work = LocalWork(proximal: 0.1, deadlineSeconds: 30)
    #expect(
      method.handle(.began, &idle) == [.train(0, work), .train(1, work), .wait(seconds: 30, round: 1)])
  }

  @Test func asynchronousUpdatesAreMixedInByStaleness() {
    var method = FedAsync(concurrency: 2, alpha: 0.5, exponent: 0.5, weights: [8])
    var idle = pool([0, 1])
    #expect(trained(method.handle(.began, &idle)).count == 2)
    for value in [8, 8, 8] as [Float] {
      var next = pool([0])
      #expect(trained(method.handle(update(0, of: method.model.version, from: 8, to: value), &next)) == [0])
    }
    var next = pool([1])
    _ = method.handle(update(1, of: 0, from: 8, to: 16), &next)
    // Three versions later: 8 + 0.5 / sqrt(4) * (16 - 8)
    #expect(method.model.weights == [10] && method.model.version == 4)
    #expect(method.model.merge.meanStaleness == 3)
  }

  @Test func buffersAreAddedUpByStaleness() {
    var method = FedBuff(concurrency: 2, bufferSize: 2, serverRate: 0.5, momentum: 0, weights: [0])
    var idle = pool([0, 1])
    _ = method.handle(.began, &idle)
    for version in 0..<3 as Range<UInt64> {
      for _ in 0..<2 {
        var next = pool([0])
        _ = method.handle(update(0, of: version, from: 1, to: 1), &next)
      }
    }
    #expect(method.model.version == 3 && method.model.weights == [0])
    var next = pool([0])
    #expect(trained(method.handle(update(0, of: 3, from: 0, to: 4), &next)) == [0])
    #expect(method.model.version == 3)
    _ = method.handle(update(1, of: 0, from: 0, to: 8), &next)
    // 0.5 / 2 * (4 + 8 / sqrt(4))
    #expect(method.model.weights == [2] && method.model.version == 4)
    #expect(method.model.merge.meanStaleness == 1.5)
  }

  @Test func momentumKeepsAPartOfTheStepBefore() {
    var method = FedBuff(concurrency: 1, bufferSize: 1, serverRate: 1, momentum: 0.5, weights: [0])
    var idle = pool([0])
    _ = method.handle(.began, &idle)
    for (version, change, expected) in [(0, 8, 8), (1, 0, 12), (2, 4, 18)] as [(UInt64, Float, Float)] {
      var next = pool([0])
      _ = method.handle(update(0, of: version, from: 0, to: change), &next)
      // Steps of 8, 8 / 2 + 0 and 4 / 2 + 4.
      #expect(method.model.weights == [expected])
    }
  }

  @Test func whoLostItsTrainingGetsMoreWork() {
    var method = FedBuff(concurrency: 2, bufferSize: 2, serverRate: 1, momentum: 0, weights: [0])
    var idle = pool([0, 1])
    _ = method.handle(.began, &idle)
    var back = pool([1])
    #expect(trained(method.handle(.idle(1), &back)) == [1])
  }

  @Test func aPoolGivesNobodyTwice() {
    var pool = DevicePool([1, 3, 5], busy: [7], random: SeededRandom(seed: 3))
    let drawn = pool.draw(2)
    #expect(Set(drawn + pool.devices) == [1, 3, 5] && !pool.isShort)
    pool.putBack(drawn + [7, 9])
    #expect(pool.devices == [1, 3, 5, 7], "9 does not take part")
    #expect(pool.draw(9) == [1, 3, 5, 7] && pool.isShort)
  }
}
