public import JSON5
public import Learning

/// A node's examples, as files write it: a data set of its own, or a share of one that is dealt out, as
/// trials on one machine have it.
public struct DataSettings: Equatable, Sendable {
  /// Which share of a data set that is dealt out.
  public enum Share: Equatable, Sendable {
    /// What accuracy is measured on.
    case test
    /// A validator's reference set, from 0.
    case validator(Int)
    /// What a contributor trains on, from 0.
    case contributor(Int)
  }

  /// Where the examples come from.
  public var source = DatasetSource.digits
  /// Which share of them is taken; nil for all.
  public var share: Share?
  /// How they are dealt out, if a share is taken.
  public var plan = DealingPlan()

  /// The digits, whole.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values.
  public mutating func read(_ fields: inout SettingsFields) {
    source.read(&fields)
    fields.object("deal") { plan.read(&$0) }
    guard let value = fields.value("share"), let found = Self.share(value, in: fields) else { return }
    switch found {
    case .validator(let index) where index >= plan.validators,
      .contributor(let index) where index >= plan.contributors:
      let reason = "there is no share \(index) among those of \(plan.validators) validators and "
      fields.report(
        "share", at: value,
        .unusable(reason: reason + "\(plan.contributors) contributors, which count from 0"))
    default: share = found
    }
  }

  private static func share(_ value: JSON5Value, in fields: SettingsFields) -> Share? {
    if value.content == .text("test") { return .test }
    guard value.fields.count == 1 else {
      let expected = "\"test\", { validator: number } or { contributor: number }"
      fields.report("share", at: value, .unusable(reason: "it must be \(expected)"))
      return nil
    }
    var (validator, contributor) = (-1, -1)
    fields.object(value, "share") { inner in
      inner.whole("validator", &validator, in: 0...SettingsLimits.validators.upperBound)
      inner.whole("contributor", &contributor, in: 0...SettingsLimits.contributors.upperBound)
    }
    if validator >= 0 { return .validator(validator) }
    return contributor >= 0 ? .contributor(contributor) : nil
  }
}

extension DealingPlan {
  /// Reads the fields that an object has. Those left out keep their values.
  mutating func read(_ fields: inout SettingsFields) {
    fields.whole("seed", &seed, in: 0...UInt64.max)
    fields.whole("validators", &validators, in: SettingsLimits.validators)
    fields.whole(
      "referenceExamplesPerValidator", &referenceExamplesPerValidator, in: SettingsLimits.referenceExamples)
    fields.whole("testExamples", &testExamples, in: SettingsLimits.testExamples)
    fields.whole("contributors", &contributors, in: SettingsLimits.contributors)
    partition.read(&fields)
  }
}

extension DataSettings {
  /// The settings as a field `data` of a file, with a comment on every field of it.
  ///
  /// - Parameter purpose: what the examples are for, in words
  public static func documented(purpose: String, share: String) -> String {
    let plan = DealingPlan()
    return """
        // \(purpose)
        data: {
          // "digits", { idx: { images: path, labels: path } } or { csv: { path: path, label: column } }.
          // A column's name needs a header line; a column's number, from 0, means that there is none.
          source: "digits",
          // All examples, unless a share is named: then they are dealt out as below, alike on every node, and
          // the share is taken: { contributor: 0 }, { validator: 0 } or "test". For trials.
          share: \(share),
          deal: {
            seed: \(plan.seed), validators: \(plan.validators), contributors: \(plan.contributors),
            referenceExamplesPerValidator: \(plan.referenceExamplesPerValidator),
            testExamples: \(plan.testExamples),
            partition: \(plan.partition.documented),
          },
        },
      """
  }
}
