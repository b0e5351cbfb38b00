import Attribution
import Numerics
import Testing

struct ExactShapleyTests {
  @Test func gloveGame() {
    // One left glove (player 0) and two right ones; a pair is worth 1. The values are 2/3, 1/6, 1/6.
    let values = ExactShapley.values(
      playerCount: 3, coalitionValues: (0..<8).map { $0 & 1 == 1 && $0 > 1 ? 1 : 0 })
    let expected = [2.0 / 3, 1.0 / 6, 1.0 / 6]
    for (value, known) in zip(values, expected) { #expect(abs(value - known) < 1e-12) }
  }

  @Test func nobodyAndOnePlayer() {
    #expect(ExactShapley.values(playerCount: 0, coalitionValues: [0]).isEmpty)
    #expect(ExactShapley.values(playerCount: 1, coalitionValues: [0, 5]) == [5])
  }

  @Test func efficiencySymmetryAndNullPlayers() {
    for seed in UInt64(0)..<20 {
      var random = SeededRandom(seed: seed)
      let count = 1 + random.integer(below: 8)
      // Player 0 adds nothing; players 1 and 2, if they are there, are alike.
      let byKind = (0..<(1 << count)).map { _ in random.gaussian() }
      let game = (0..<(1 << count)).map { coalition -> Double in
        var key = coalition & ~1
        if key & 0b110 == 0b010 { key ^= 0b110 }
        return key == 0 ? 0 : byKind[key & (1 << count - 1)]
      }
      let values = ExactShapley.values(playerCount: count, coalitionValues: game)
      #expect(abs(values.reduce(0, +) - game[game.count - 1]) < 1e-9, "seed \(seed)")
      #expect(abs(values[0]) < 1e-12, "seed \(seed)")
      if count > 2 { #expect(abs(values[1] - values[2]) < 1e-9, "seed \(seed)") }
    }
  }

  @Test func valuesAreTheMeanOverAllOrders() {
    let seed: UInt64 = 81
    var random = SeededRandom(seed: seed)
    let game = [0] + (1..<16).map { _ in random.gaussian() }
    var sums = [Double](repeating: 0, count: 4)
    var orders = 0
    func extend(_ order: [Int]) {
      guard order.count < 4 else {
        orders += 1
        var coalition = 0
        for player in order {
          sums[player] += game[coalition | 1 << player] - game[coalition]
          coalition |= 1 << player
        }
        return
      }
      for player in 0..<4 where !order.contains(player) { extend(order + [player]) }
    }
    extend([])
    let values = ExactShapley.values(playerCount: 4, coalitionValues: game)
    for player in 0..<4 {
      #expect(abs(values[player] - sums[player] / Double(orders)) < 1e-12, "seed \(seed)")
    }
  }
}
