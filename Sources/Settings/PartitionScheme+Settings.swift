public import JSON5
public import Learning

extension PartitionScheme {
  /// Reads the field `partition`, if it is there.
  public mutating func read(_ fields: inout SettingsFields) {
    guard let value = fields.value("partition") else { return }
    switch value.content {
    case .text("iid"): self = .iid
    case .text("one-label"): self = .oneLabelPerNode
    case .object(let choices) where choices.count == 1:
      var labels = Double.nan
      var sizes = Double.nan
      var sampled = 0
      fields.object(value, "partition") { inner in
        inner.number("dirichletLabels", &labels, in: SettingsLimits.dirichletAlpha)
        inner.number("dirichletSizes", &sizes, in: SettingsLimits.dirichletAlpha)
        inner.whole("sampled", &sampled, in: SettingsLimits.sampledExamples)
      }
      if !labels.isNaN { self = .dirichletLabels(alpha: labels) }
      if !sizes.isNaN { self = .dirichletSizes(alpha: sizes) }
      if sampled > 0 { self = .sampled(examples: sampled) }
    default:
      let expected =
        "\"iid\", \"one-label\", { dirichletLabels: alpha }, { dirichletSizes: alpha } or "
        + "{ sampled: examples }"
      fields.report("partition", at: value, .unusable(reason: "it must be \(expected)"))
    }
  }

  /// The scheme as a file writes it.
  public var documented: String {
    switch self {
    case .iid: "\"iid\""
    case .oneLabelPerNode: "\"one-label\""
    case .dirichletLabels(let alpha): "{ dirichletLabels: \(alpha) }"
    case .dirichletSizes(let alpha): "{ dirichletSizes: \(alpha) }"
    case .sampled(let examples): "{ sampled: \(examples) }"
    }
  }

  /// The scheme in words.
  public var title: String {
    switch self {
    case .iid: "dealt out at random"
    case .oneLabelPerNode: "one class a contributor"
    case .dirichletLabels(let alpha): "Dirichlet(\(alpha)) over classes"
    case .dirichletSizes(let alpha): "Dirichlet(\(alpha)) over sizes"
    case .sampled(let examples): "\(examples) drawn by each contributor"
    }
  }
}
