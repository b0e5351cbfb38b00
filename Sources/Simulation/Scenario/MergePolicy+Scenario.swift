import Aggregation
import Updates
import Wire

// A scenario writes the policy in natural units; the policy itself has integers only.
extension MergePolicy {
  /// Reads the fields that a scenario has. Those left out keep their values.
  mutating func read(_ fields: ScenarioFields) throws(ScenarioError) {
    var fields = fields
    if let value = fields.value("rule") {
      let name = try fields.text(value, "rule")
      guard let rule = Rule(name: name) else {
        let names = Rule.allCases.map(\.name)
        let reason =
          "there is no rule \"\(ScenarioText.printable(name, limit: 64))\"; did you mean "
          + "\"\(Spelling.nearest(to: name, among: names))\"? There are \(names.joined(separator: ", "))"
        throw fields.error("rule", value, .unusable(reason: reason))
      }
      self.rule = rule
    }
    try fields.whole("windowSize", &windowSize, in: 1...UInt32(AggregationLimits.windowSize))
    try fields.whole(
      "maximumStaleness", &maximumStaleness, in: 0...UInt32(AggregationLimits.stalenessVersions))
    try fields.whole(
      "updatesPerContributorPerWindow", &updatesPerContributorPerWindow,
      in: 1...UInt32(AggregationLimits.updatesPerContributorPerWindow))
    try fields.scaled(
      "serverLearningRate", &serverLearningRateQ16, scale: ScenarioLimits.q16,
      in: ScenarioLimits.serverLearningRate)
    try Self.readForm("upForm", &upForm, &fields)
    try Self.readForm("downForm", &downForm, &fields)
    try fields.scaled(
      "residualDecay", &residualDecayQ16, scale: ScenarioLimits.q16, in: ScenarioLimits.residualDecay)
    try fields.scaled(
      "clipMultiple", &clipMultipleQ8, scale: ScenarioLimits.q8, in: ScenarioLimits.clipMultiple)
    try fields.scaled(
      "copyCosine", &copyCosineQ16, scale: ScenarioLimits.q16, in: ScenarioLimits.copyCosine)
    try fields.whole(
      "toleratedBasisPoints", &toleratedBasisPoints, in: 0...UInt32(AggregationLimits.toleratedBasisPoints))
    try fields.whole("committeeSeats", &committeeSeats, in: 0...UInt32(AggregationLimits.committeeSeats))
    try fields.end()
  }

  private static func readForm(
    _ name: String, _ form: inout PacketForm, _ fields: inout ScenarioFields
  ) throws(ScenarioError) {
    guard let value = fields.value(name) else { return }
    let text = try fields.text(value, name)
    do {
      form = try PacketForm(parsing: text)
    } catch {
      throw fields.error(
        name, value, .unusable(reason: ScenarioText.printable(error.description, limit: 400)))
    }
  }
}
