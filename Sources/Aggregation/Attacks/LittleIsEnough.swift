import Glibc

/// "A little is enough" (Baruch, Baruch and Goldberg, NeurIPS 2019): every value is moved away from the mean
/// of the honest ones by so few standard deviations that enough of them lie further out.
///
/// The vector is mu - z sigma, value by value, with the sample deviation. The paper's z_max, for n updates of
/// which f are hostile, is the greatest for which the f and s = floor(n / 2 + 1) - f honest ones that lie
/// beyond it make a majority: Phi(z_max) = (n - f - s) / (n - f).
public struct LittleIsEnough: StrengthStrategy {
  /// The name for reports.
  public let name = "alie"
  /// z, in standard deviations; nil takes z_max.
  public let deviations: Double?

  /// Creates the strategy.
  public init(deviations: Double? = nil) {
    self.deviations = deviations
  }

  /// A smooth vector gets through piece by piece.
  public var keepsResidual: Bool { true }

  /// The honest mean less z deviations.
  public func vector(_ context: AttackContext) -> [Float] {
    let strength =
      deviations
      ?? Self.maximumDeviations(updates: context.windowUpdates, hostile: context.hostileUpdates)
    return aim(context).vector(strength: strength)
  }

  /// From the mean, against the deviation.
  public func aim(_ context: AttackContext) -> StrengthAim {
    let moments = HonestMoments(context.referenceUpdates)
    return StrengthAim(origin: moments.mean, direction: moments.deviation.map { -$0 })
  }

  /// z_max.
  ///
  /// It is at least 0, where a few attackers could not hide behind anyone, and at most `greatestDeviations`,
  /// where they are a majority already.
  ///
  /// - Parameters:
  ///   - updates: n, at least 1
  ///   - hostile: f
  public static func maximumDeviations(updates: Int, hostile: Int) -> Double {
    let honest = updates - hostile
    let supporters = updates / 2 + 1 - hostile
    guard honest > 0, supporters > 0 else { return greatestDeviations }
    let share = Double(honest - supporters) / Double(honest)
    return min(max(NormalDistribution.quantile(share), 0), greatestDeviations)
  }

  /// What a majority of attackers settles for: one value in a thousand lies further out.
  public static let greatestDeviations = 3.090232306167813
}

/// The standard normal distribution.
enum NormalDistribution {
  /// Half the width of the interval that quantiles are sought in; what lies beyond is below 2^-52.
  private static let bound = 9.0
  /// Halvings that bring the interval to the distance of two numbers.
  private static let halvings = 64

  /// Phi: the share of the distribution below a value.
  static func share(below value: Double) -> Double { erfc(-value / 2.0.squareRoot()) / 2 }

  /// The value that a share of the distribution lies below, between -9 and 9.
  static func quantile(_ share: Double) -> Double {
    var (low, high) = (-bound, bound)
    for _ in 0..<halvings {
      let middle = (low + high) / 2
      if Self.share(below: middle) < share { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
