public import Aggregation
public import JSON5
import Updates

// A file writes the policy in natural units; the policy itself has integers only.
extension MergePolicy {
  /// Reads the fields that an object has. Those left out keep their values.
  public mutating func read(_ fields: inout SettingsFields) {
    if let value = fields.value("rule"),
      let rule = fields.choice(value, "rule", of: Rule.allCases.map { ($0.name, $0) })
    {
      self.rule = rule
    }
    fields.whole("windowSize", &windowSize, in: 1...UInt32(AggregationLimits.windowSize))
    fields.whole("maximumStaleness", &maximumStaleness, in: 0...UInt32(AggregationLimits.stalenessVersions))
    fields.whole(
      "updatesPerContributorPerWindow", &updatesPerContributorPerWindow,
      in: 1...UInt32(AggregationLimits.updatesPerContributorPerWindow))
    fields.scaled(
      "serverLearningRate", &serverLearningRateQ16, scale: SettingsLimits.q16,
      in: SettingsLimits.serverLearningRate)
    Self.readForm("upForm", &upForm, &fields)
    Self.readForm("downForm", &downForm, &fields)
    fields.scaled(
      "residualDecay", &residualDecayQ16, scale: SettingsLimits.q16, in: SettingsLimits.residualDecay)
    fields.scaled("clipMultiple", &clipMultipleQ8, scale: SettingsLimits.q8, in: SettingsLimits.clipMultiple)
    fields.scaled("copyCosine", &copyCosineQ16, scale: SettingsLimits.q16, in: SettingsLimits.copyCosine)
    fields.whole(
      "toleratedBasisPoints", &toleratedBasisPoints, in: 0...UInt32(AggregationLimits.toleratedBasisPoints))
    fields.whole("committeeSeats", &committeeSeats, in: 0...UInt32(AggregationLimits.committeeSeats))
  }

  private static func readForm(_ name: String, _ form: inout PacketForm, _ fields: inout SettingsFields) {
    guard let value = fields.value(name), let text = fields.text(value, name) else { return }
    do {
      let parsed = try PacketForm(parsing: text)
      if name == "downForm", !parsed.takesFeedback {
        fields.report(name, at: value, .unusable(reason: "steps take error feedback, and \(parsed) does not"))
      }
      form = parsed
    } catch {
      fields.report(
        name, at: value, .unusable(reason: JSON5Text.printable(error.description, limit: 400)))
    }
  }

  /// The policy as a field `merge` of a file, with a comment on every field of it.
  public var documented: String {
    documented(forms: "upForm: \"\(upForm)\",\ndownForm: \"\(downForm)\",")
  }

  /// The same with other lines for the forms of packets and steps.
  func documented(forms: String) -> String {
    """
      // How updates are judged and merged.
      merge: {
        // "trust" weighs updates by their judgement. To compare with: "mean" takes all alike, and these weigh
        // updates by one another:
    \(Self.comments(MergePolicy.Rule.allCases.dropFirst(2).map(\.name)))
        rule: "\(rule.name)",
        // Updates that close a window, 1 to 8192.
        windowSize: \(windowSize),
        // Versions that an update may be behind, 0 to 64. Late ones weigh less.
        maximumStaleness: \(maximumStaleness),
        // Updates of one contributor that a window takes, 1 to 64.
        updatesPerContributorPerWindow: \(updatesPerContributorPerWindow),
        // The factor on a window's mean update, above 0 and at most 4.
        serverLearningRate: \(Self.decimal(serverLearningRateQ16, scale: SettingsLimits.q16)),
        // Packets of contributors, and published steps: "sparse:K" (K of 4096 values), "dense8" or "dense4".
        // Packets may also be "rotated:K" (K bits for 4096 values, 64, 128, ... 4096): no error feedback.
    \(forms.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))
        // What contributors keep of their compression error from one update to the next, 0 to 1.
        residualDecay: \(Self.decimal(residualDecayQ16, scale: SettingsLimits.q16)),
        // Updates are clipped to this multiple of the median of recent norms, 0.25 to 256.
        clipMultiple: \(Self.decimal(clipMultipleQ8, scale: SettingsLimits.q8)),
        // The cosine from which an update counts as a copy of another or of a past step, 0.5 to 1.
        copyCosine: \(Self.decimal(copyCosineQ16, scale: SettingsLimits.q16)),
        // The share of a window that may be attackers', for rules other than "trust" and "mean", 0 to 4999.
        toleratedBasisPoints: \(toleratedBasisPoints),
        // Seats of the committee of validators that judges a window, up to 1024; 0 has all of them judge.
        committeeSeats: \(committeeSeats),
      },
    """
  }

  /// Names in two lines of comments.
  private static func comments(_ names: [String]) -> String {
    let half = (names.count + 1) / 2
    return [names[..<half], names[half...]]
      .map { "    // " + $0.map { "\"\($0)\"" }.joined(separator: ", ") }.joined(separator: "\n")
  }

  /// The shortest decimal that rounds to a multiple of 1/`scale`.
  private static func decimal(_ multiple: UInt32, scale: Double) -> Double {
    let exact = Double(multiple) / scale
    var power = 1.0
    while power < 1e6 {
      let candidate = (exact * power).rounded() / power
      if (candidate * scale).rounded() == Double(multiple) { return candidate }
      power *= 10
    }
    return exact
  }
}
