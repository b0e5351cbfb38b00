import JSON5
import Numerics

/// What a trainer says of itself; the same in each of its lives.
struct TrainerDescription: Equatable, Sendable {
  /// The most values that a model may have.
  static let parametersLimit = 1 << 30
  /// The most groups that examples may fall into.
  static let groupsLimit = 1_024
  /// The most UTF-8 bytes of a name.
  static let nameBytesLimit = 256
  /// How many tensors that differ are named.
  private static let shownDifferences = 5

  /// What is trained.
  let layout: ParameterLayout
  /// How many examples it holds, at least 1.
  let examples: Int
  /// Into how many groups they fall, at least 1.
  let groups: Int
  /// For people.
  let name: String

  /// Reads the result of `describe`; nil if it was refused.
  init?(_ fields: inout SettingsFields) {
    examples = fields.requiredWhole("examples", in: 1...Int.max)
    groups = fields.requiredWhole("groups", in: 1...Self.groupsLimit)
    var text = ""
    fields.text("name", &text)
    if !fields.has("name") { fields.report("name", .missing) }
    if text.utf8.count > Self.nameBytesLimit {
      fields.report("name", .unusable(reason: "it has more than \(Self.nameBytesLimit) bytes"))
    }
    name = JSON5Text.printable(text, limit: Self.nameBytesLimit)
    guard let layout = Self.layout(&fields) else { return nil }
    self.layout = layout
  }

  private static func layout(_ fields: inout SettingsFields) -> ParameterLayout? {
    guard fields.has("tensors") else {
      fields.report("tensors", .missing)
      return nil
    }
    let tensors = fields.list("tensors", count: 1...ParameterLayout.maximumTensors) { value, name, list in
      var tensor: (name: String, shape: [Int])?
      list.object(value, name) { fields in
        let text = fields.requiredText("name")
        if !fields.has("shape") { fields.report("shape", .missing) }
        let sizes = 1...Self.parametersLimit
        let shape = fields.list("shape", count: 0...ParameterLayout.maximumRank) { value, name, list in
          list.whole(value, name, in: sizes)
        }
        tensor = (text, shape ?? [])
      }
      return tensor
    }
    guard let tensors, fields.isFaultless else { return nil }
    do {
      let layout = try ParameterLayout(tensors)
      if layout.count <= parametersLimit { return layout }
      fields.report("tensors", .unusable(reason: "they hold more than \(parametersLimit) values"))
    } catch {
      fields.report("tensors", .unusable(reason: "\(error)"))
    }
    return nil
  }

  /// Which tensors differ from those expected, in words; nil if none do.
  static func difference(of layout: ParameterLayout, from expected: ParameterLayout) -> String? {
    guard layout != expected else { return nil }
    let missing = expected.tensors.filter { layout[$0.name] == nil }
    let surplus = layout.tensors.filter { expected[$0.name] == nil }
    var differences = missing.map { "\(text($0)) is missing" }
    differences += surplus.map { "\(text($0)) is not expected" }
    for tensor in layout.tensors {
      guard let other = expected[tensor.name], other.shape != tensor.shape else { continue }
      differences.append("\(text(tensor)) should have the shape \(other.shape)")
    }
    if differences.isEmpty,
      let place = layout.tensors.indices.first(where: { index in
        layout.tensors[index].name != expected.tensors[index].name
      })
    {
      let (found, other) = (layout.tensors[place], expected.tensors[place])
      differences = ["tensor \(place) is \(text(found)), where \(text(other)) is expected: the order differs"]
    }
    let hidden = differences.count - shownDifferences
    return differences.prefix(shownDifferences).joined(separator: "; ")
      + (hidden > 0 ? "; \(hidden) more" : "")
  }

  private static func text(_ tensor: ParameterLayout.Tensor) -> String {
    "\"\(JSON5Text.printable(tensor.name))\" \(tensor.shape)"
  }
}
