import Aggregation
public import Learning
import Numerics
import Updates

/// Shapley values by evaluating every coalition, for audits of small windows (Shapley, 1953).
///
/// The value of a coalition S is the loss drop of merging S alone with the weights that the window gave,
/// v(S) = L(y) - L(y + sum over S of a_i d_i), and
///
///     value_i = sum over S without i of |S|! (n - 1 - |S|)! / n! * (v(S with i) - v(S))
///
/// Values sum to the whole window's loss drop exactly. The cost is 2^n evaluations.
public enum ExactShapley {
  /// The greatest number of updates: 4,096 evaluations.
  public static let playersLimit = 12

  /// Measures the Shapley values of a merge's updates in nats, in the order of its contributions.
  ///
  /// - Parameters:
  ///   - merge: a merge of at most `playersLimit` updates
  ///   - trainer: measures the loss on the reference set
  /// - Throws: `AttributionError.tooManyPlayers`, `.training`.
  public static func values(
    of merge: CreditedMerge, by trainer: any Trainer
  ) async throws(AttributionError) -> [Double] {
    let playerCount = merge.contributions.count
    guard playerCount <= playersLimit else {
      throw .tooManyPlayers(count: playerCount, limit: playersLimit)
    }
    let parts = merge.contributions.map { contribution in
      let scale = Float(merge.scale(of: contribution))
      return contribution.payload.denseValues().map { Float($0) * scale }
    }
    var drops: [Double] = []
    let before = try await trainer.loss(at: merge.start)
    for coalition in 0..<(1 << playerCount) {
      var weights = merge.start
      for player in 0..<playerCount where coalition >> player & 1 == 1 {
        Kernels.axpy(1, parts[player], &weights)
      }
      drops.append(before - (try await trainer.loss(at: weights)))
    }
    return values(playerCount: playerCount, coalitionValues: drops)
  }

  /// The Shapley values of any game.
  ///
  /// - Parameters:
  ///   - playerCount: n
  ///   - coalitionValues: 2^n values, where bit i of the index says whether player i is in the coalition
  public static func values(playerCount: Int, coalitionValues: [Double]) -> [Double] {
    precondition(coalitionValues.count == 1 << playerCount, "every coalition has a value")
    let shares = (0..<max(playerCount, 1)).map { orderShare(size: $0, playerCount: playerCount) }
    return (0..<playerCount).map { player in
      var value = 0.0
      for coalition in coalitionValues.indices where coalition >> player & 1 == 0 {
        let gain = coalitionValues[coalition | 1 << player] - coalitionValues[coalition]
        value += shares[coalition.nonzeroBitCount] * gain
      }
      return value
    }
  }

  /// |S|! (n - 1 - |S|)! / n! = 1 / (n * C(n - 1, |S|)): the share of the orders in which exactly S comes
  /// before the player.
  private static func orderShare(size: Int, playerCount: Int) -> Double {
    var binomial = 1.0
    for index in 0..<size { binomial = binomial * Double(playerCount - 1 - index) / Double(index + 1) }
    return 1 / (Double(playerCount) * binomial)
  }
}
