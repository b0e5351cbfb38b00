import Aggregation
import Learning
import Settings

extension Scenario {
  /// A field whose value is fine by itself and contradicts another's.
  struct Conflict: Equatable {
    let path: String
    let reason: String
  }

  /// The first contradiction between fields, if there is one.
  var firstConflict: Conflict? {
    stakesConflict ?? hostileValidatorsConflict ?? contributorsConflict ?? traceConflict ?? rareLabelsConflict
      ?? windowConflict ?? rewardConflict ?? digitsConflict
  }

  private var stakesConflict: Conflict? {
    guard !validators.stakes.isEmpty, validators.stakes.count != validators.count else { return nil }
    return Conflict(
      path: "validators.stakes",
      reason: "\(validators.stakes.count) stakes for \(validators.count) validators; "
        + "give each its own, or leave the list empty for equal stakes")
  }

  private var hostileValidatorsConflict: Conflict? {
    guard validators.hostileCount > 0, validators.hostileHoldAThird else { return nil }
    return Conflict(
      path: "validators.hostile",
      reason:
        "the last \(validators.hostileCount) of \(validators.count) validators hold a third of the stake "
        + "or more; with these hostile, nothing holds")
  }

  private var contributorsConflict: Conflict? {
    let kinds = [
      (contributors.hostileCount, "hostile"),
      (contributors.canaries.count, "canary-sending"), (contributors.split.count, "split"),
    ]
    // Each number is at most 65,535, so the sum cannot overflow.
    guard kinds.reduce(0, { $0 + $1.0 }) > contributors.count else { return nil }
    let named = kinds.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " and ")
    return Conflict(
      path: "contributors.count",
      reason: "\(named) contributors do not fit into \(contributors.count)")
  }

  private var traceConflict: Conflict? {
    let devices = contributors.devices
    let isSpread = devices.upBytesPerSecond != nil || devices.downBytesPerSecond != nil
    guard !devices.trace.isEmpty, isSpread || devices.slowness != DeviceSettings().slowness else {
      return nil
    }
    return Conflict(
      path: "contributors.devices.trace",
      reason: "slowness and links are the trace's; leave out slowness, upBytesPerSecond, downBytesPerSecond")
  }

  private var rareLabelsConflict: Conflict? {
    guard !data.rareLabels.labels.isEmpty else { return nil }
    if case .sampled = data.partition {
      return Conflict(
        path: "data.rareLabels", reason: "contributors that draw samples hold any label; deal the data out")
    }
    guard contributors.hostileCount == contributors.count else { return nil }
    return Conflict(path: "data.rareLabels", reason: "no contributor is honest, to hold them")
  }

  /// A contributor sends one update a version, so a larger window would never fill.
  private var windowConflict: Conflict? {
    guard Int(merge.windowSize) > contributors.count else { return nil }
    return Conflict(
      path: "merge.windowSize",
      reason: "a window of \(merge.windowSize) updates never fills with \(contributors.count) contributors")
  }

  private var rewardConflict: Conflict? {
    reward.conflict.map { Conflict(path: "reward.\($0.field)", reason: $0.reason) }
  }

  /// What is known of the digits before they are loaded; other data are checked when they are read.
  private var digitsConflict: Conflict? {
    guard data.source == .digits else { return nil }
    if let specification = try? ModelSpecification(parsing: model),
      specification.featureCount != Digits.featureCount || specification.classCount != Digits.classCount
    {
      return Conflict(
        path: "model",
        reason: "\(model) does not fit the digits, which have \(Digits.featureCount) features and "
          + "\(Digits.classCount) classes, as in mlp(\(Digits.featureCount),32,\(Digits.classCount))")
    }
    let reserved = testExamples + validators.count * referenceExamplesPerValidator
    if case .sampled(let examples) = data.partition {
      guard reserved + examples > Digits.count else { return nil }
      return Conflict(
        path: "data.partition",
        reason: "the \(Digits.count) digits, less \(reserved) for tests and validators, "
          + "are fewer than the \(examples) that each contributor draws")
    }
    guard reserved + contributors.count > Digits.count else { return nil }
    return Conflict(
      path: "contributors.count",
      reason: "the \(Digits.count) digits, less \(reserved) for tests and validators, "
        + "do not give \(contributors.count) contributors an example each")
  }
}
