import Agents
public import JSON5
import Learning
import Ledger
import Settings

extension Scenario: SettingsFile {
  /// Reports the first two fields that contradict each other.
  public func check(_ fields: SettingsFields) {
    guard let conflict = firstConflict else { return }
    fields.report(conflict.path, .unusable(reason: conflict.reason))
  }

  /// Reads the fields that an object has. Those left out keep their values; contradictions are let through.
  public mutating func read(_ fields: inout SettingsFields) {
    fields.whole("seed", &seed, in: 0...UInt64.max)
    fields.object("validators") { validators.read(&$0) }
    fields.whole(
      "referenceExamplesPerValidator", &referenceExamplesPerValidator, in: SettingsLimits.referenceExamples)
    fields.whole("testExamples", &testExamples, in: SettingsLimits.testExamples)
    fields.object("contributors") { contributors.read(&$0) }
    fields.object("data") { data in
      self.data.source.read(&data)
      self.data.partition.read(&data)
      data.object("rareLabels") { self.data.rareLabels.read(&$0) }
    }
    ModelSpecification.read("model", &model, &fields)
    fields.object("training") { training.read(&$0) }
    fields.whole("windows", &windows, in: ScenarioLimits.windows)
    fields.number("targetAccuracy", &targetAccuracy, in: ScenarioLimits.accuracy)
    fields.object("merge") { merge.read(&$0) }
    PacketPrivacy.read("packetPrivacy", &privacy, &fields)
    fields.flag("signatures", &signatures)
    if let value = fields.value("residuals") {
      let forms = ResidualForm.allCases.map { ($0.rawValue, $0) }
      residuals = fields.choice(value, "residuals", of: forms) ?? residuals
    }
    fields.object("reward") { reward.read(&$0) }
    fields.object("network") { network in
      network.number("latencySeconds", &self.network.latencySeconds, in: ScenarioLimits.seconds)
      network.number(
        "trainingSecondsPerExample", &self.network.trainingSecondsPerExample, in: ScenarioLimits.seconds)
    }
  }
}

extension Scenario.RareLabels {
  fileprivate mutating func read(_ fields: inout SettingsFields) {
    let found: [Int32]? = fields.list("labels", count: ScenarioLimits.rareLabels) { value, name, fields in
      fields.whole(value, name, in: ScenarioLimits.label)
    }
    if let found { labels = found }
    fields.number("slowestShare", &slowestShare, in: ScenarioLimits.slowestShare)
  }
}

extension Scenario.Contributors {
  fileprivate mutating func read(_ fields: inout SettingsFields) {
    fields.whole("count", &count, in: SettingsLimits.contributors)
    let numbers = 0...SettingsLimits.contributors.upperBound
    fields.object("devices") { devices.read(&$0) }
    fields.object("canaries") { inner in
      inner.whole("count", &canaries.count, in: numbers)
      inner.number("share", &canaries.share, in: 0...Canaries.shareLimit)
    }
    fields.object("split") { inner in
      inner.whole("count", &split.count, in: numbers)
      inner.whole("identities", &split.identities, in: ScenarioLimits.identities)
      inner.flag("dividesData", &split.dividesData)
    }
    fields.object("hostile") { inner in
      // A file that names the hostile ones names them all: a kind that it leaves out has none.
      hostile = [:]
      for kind in Scenario.Hostility.allCases {
        var number = 0
        inner.whole(kind.rawValue, &number, in: numbers)
        if number > 0 { hostile[kind] = number }
      }
    }
  }
}
