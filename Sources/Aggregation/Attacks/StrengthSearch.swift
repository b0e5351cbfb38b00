import Numerics

/// A ray of vectors: origin + strength x direction.
public struct StrengthAim: Sendable {
  /// The vector of strength 0.
  public let origin: [Float]
  /// What a strength of 1 adds.
  public let direction: [Float]

  /// Describes a ray; both vectors have one length.
  public init(origin: [Float], direction: [Float]) {
    self.origin = origin
    self.direction = direction
  }

  /// The vector of a strength.
  public func vector(strength: Double) -> [Float] {
    var vector = origin
    Kernels.axpy(Float(strength), direction, &vector)
    return vector
  }
}

/// A strategy with a single number to choose: how strong it is.
public protocol StrengthStrategy: CollusionStrategy {
  /// The vectors to choose from.
  func aim(_ context: AttackContext) -> StrengthAim
}

/// A strategy at the strength that moves the rule in force furthest: the optimised attacks of Shejwalkar and
/// Houmansadr (NDSS 2021), with the objective of Allouah et al. (AISTATS 2023).
///
/// It maximises |R(honest, f x vector) - R(honest)|, where R is the rule: how far the attackers move what the
/// rule comes to without them. For a rule that keeps the honest mean when nobody attacks that is the distance
/// to the honest mean, as in the papers. The hostile updates are disguised in the search as they will be when
/// they are sent. Without a rule to ask the strategy's own strength is taken.
public struct OptimisedStrategy<Base: StrengthStrategy>: CollusionStrategy {
  /// The strategy whose strength is sought.
  public private(set) var base: Base
  /// How it is sought.
  public let search: StrengthSearch
  /// The disguise that the copies will wear; see `ColludingAttack.disguise`.
  public let disguise: Float
  private var latest: Double?
  private var disguises: [[Float]] = []

  /// Creates the strategy.
  public init(
    _ base: Base, search: StrengthSearch = StrengthSearch(), disguise: Float = ColludingAttack.usualDisguise
  ) {
    self.base = base
    self.search = search
    self.disguise = disguise
  }

  /// The strategy's name, and that it is optimised.
  public var name: String { base.name + "-optimised" }
  /// It does.
  public var asksTheRule: Bool { true }
  /// The strength found last; nil before the first search.
  public var strength: Double? { latest }

  /// The vector that moves the rule furthest.
  public mutating func vector(_ context: AttackContext) -> [Float] {
    guard let rule = context.rule else { return base.vector(context) }
    let aim = base.aim(context)
    let undisturbed = rule.merged(with: [])
    prepareDisguises(context.hostileUpdates, length: aim.origin.count)
    let found = search.maximum { strength in
      let vector = aim.vector(strength: strength)
      return Kernels.squaredDistance(rule.merged(with: disguises.map { vector.times($0) }), undisturbed)
    }
    latest = found
    return aim.vector(strength: found)
  }

  /// Draws the copies' noise once: with the same for every strength only the strength makes a difference.
  private mutating func prepareDisguises(_ copies: Int, length: Int) {
    guard disguises.count != copies || disguises.first?.count != length else { return }
    var random = SeededRandom(seed: Self.disguiseSeed)
    disguises = (0..<copies).map { _ in
      .disguise(count: length, relativeNoise: disguise, using: &random)
    }
  }

  private static var disguiseSeed: UInt64 { 0x6469_7367 }
}

/// Looks for the maximum of a function of one number, at or above 0, in few evaluations.
///
/// Steps double for as long as they climb. After the first that does not, they are halved, and tried upwards
/// and downwards from the best place so far. A rule gives in up to some strength and then lets go, so that
/// the maximum is often at an edge: upwards comes first.
public struct StrengthSearch: Sendable, Hashable {
  /// Where the search starts.
  public let start: Double
  /// The first step.
  public let step: Double
  /// How often the function is evaluated at most; with the undisturbed rule it is asked one time more.
  public let evaluations: Int

  /// Describes a search.
  public init(start: Double = 0, step: Double = 1, evaluations: Int = 11) {
    self.start = start
    self.step = step
    self.evaluations = evaluations
  }

  /// The place of the greatest value found.
  public func maximum(of value: (Double) -> Double) -> Double {
    var best = (place: start, value: value(start))
    var left = evaluations - 1
    var step = step

    func climbs(to place: Double) -> Bool {
      left -= 1
      let found = value(place)
      guard found > best.value else { return false }
      best = (place, found)
      return true
    }

    while left > 0, climbs(to: best.place + step) { step *= 2 }
    while left > 0 {
      step /= 2
      if climbs(to: best.place + step) { continue }
      if left > 0, best.place - step >= 0 { _ = climbs(to: best.place - step) }
    }
    return best.place
  }
}
