import Aggregation
import Learning
import Ledger
import Updates

extension Scenario {
  /// Reads a scenario. Fields that are left out keep their defaults.
  ///
  /// - Parameters:
  ///   - json5: the file's bytes.
  ///   - name: the file's name, for errors.
  /// - Throws: `ScenarioError` for bytes that are not JSON5, unknown fields, and values of another type,
  ///   beyond their range, or in contradiction to others.
  public init(json5: [UInt8], name: String) throws(ScenarioError) {
    let document = try JSON5Reader.document(json5, name: name)
    self.init()
    try read(try ScenarioFields(document, file: name, path: ""))
    if let conflict = firstConflict {
      throw ScenarioError(
        file: name, line: document.line(at: conflict.path.split(separator: ".")), path: conflict.path,
        .unusable(reason: conflict.reason))
    }
  }

  /// Reads the fields that an object has. Those left out keep their values; contradictions are let through.
  mutating func read(_ fields: ScenarioFields) throws(ScenarioError) {
    var fields = fields
    try fields.whole("seed", &seed, in: 0...UInt64.max)
    if let inner = try fields.object("validators") { try validators.read(inner) }
    try fields.whole(
      "referenceExamplesPerValidator", &referenceExamplesPerValidator, in: ScenarioLimits.referenceExamples)
    try fields.whole("testExamples", &testExamples, in: ScenarioLimits.testExamples)
    if let inner = try fields.object("contributors") { try contributors.read(inner) }
    if let inner = try fields.object("data") { try data.read(inner) }
    try readModel(&fields)
    if let inner = try fields.object("training") { try training.read(inner) }
    try fields.whole("windows", &windows, in: ScenarioLimits.windows)
    if let inner = try fields.object("merge") { try merge.read(inner) }
    try readPrivacy(&fields)
    if let inner = try fields.object("reward") { try reward.read(inner) }
    if let inner = try fields.object("network") { try network.read(inner) }
    try fields.end()
  }

  private mutating func readPrivacy(_ fields: inout ScenarioFields) throws(ScenarioError) {
    guard let value = fields.value("packetPrivacy") else { return }
    let name = try fields.text(value, "packetPrivacy")
    guard let privacy = PacketPrivacy(name: name) else {
      let names = PacketPrivacy.allCases.map { "\"\($0.name)\"" }.joined(separator: ", ")
      throw fields.error("packetPrivacy", value, .unusable(reason: "it must be one of \(names)"))
    }
    self.privacy = privacy
  }

  private mutating func readModel(_ fields: inout ScenarioFields) throws(ScenarioError) {
    guard let value = fields.value("model") else { return }
    let name = try fields.text(value, "model")
    do {
      model = try ModelSpecification(parsing: name).description
    } catch {
      throw fields.error(
        "model", value, .unusable(reason: ScenarioText.printable(error.description, limit: 400)))
    }
  }
}

extension JSON5Reader {
  /// Reads a settings file of bounded length.
  static func document(_ bytes: [UInt8], name: String) throws(ScenarioError) -> JSON5Value {
    guard bytes.count <= ScenarioLimits.fileBytes else {
      throw ScenarioError(
        file: name, line: 0, .tooLong(bytes: bytes.count, limit: ScenarioLimits.fileBytes))
    }
    do {
      return try read(bytes)
    } catch {
      throw ScenarioError(
        file: name, line: error.line, .notJSON5(column: error.column, reason: error.reason))
    }
  }
}

extension Scenario.Validators {
  fileprivate mutating func read(_ fields: ScenarioFields) throws(ScenarioError) {
    var fields = fields
    try fields.whole("count", &count, in: ScenarioLimits.validators)
    if let value = fields.value("stakes") {
      guard case .list(let list) = value.content else {
        throw fields.error(
          "stakes", value, .wrongType(expected: "a list of whole numbers", found: value.kind))
      }
      stakes = []
      for (index, stake) in list.enumerated() {
        stakes.append(try fields.whole(stake, "stakes[\(index)]", in: ScenarioLimits.stakeUnits))
      }
    }
    try fields.end()
  }
}

extension Scenario.Contributors {
  fileprivate mutating func read(_ fields: ScenarioFields) throws(ScenarioError) {
    var fields = fields
    try fields.whole("count", &count, in: ScenarioLimits.contributors)
    if var inner = try fields.object("slow") {
      try inner.whole("count", &slow.count, in: 0...ScenarioLimits.contributors.upperBound)
      try inner.number("factor", &slow.factor, in: ScenarioLimits.slowFactor)
      try inner.end()
    }
    if var inner = try fields.object("hostile") {
      // A file that names the hostile ones names them all: a kind that it leaves out has none.
      hostile = [:]
      for kind in Scenario.Hostility.allCases {
        var number = 0
        try inner.whole(kind.rawValue, &number, in: 0...ScenarioLimits.contributors.upperBound)
        if number > 0 { hostile[kind] = number }
      }
      try inner.end()
    }
    try fields.end()
  }
}

extension Scenario.Data {
  fileprivate mutating func read(_ fields: ScenarioFields) throws(ScenarioError) {
    var fields = fields
    if let value = fields.value("source") { source = try Scenario.DataSource(value, in: fields) }
    if let value = fields.value("partition") { partition = try Self.partition(value, in: fields) }
    try fields.end()
  }

  private static func partition(
    _ value: JSON5Value, in fields: ScenarioFields
  ) throws(ScenarioError) -> PartitionScheme {
    let expected = "\"iid\", \"one-label\", { dirichletLabels: alpha } or { dirichletSizes: alpha }"
    switch value.content {
    case .text("iid"): return .iid
    case .text("one-label"): return .oneLabelPerNode
    case .object(let choices) where choices.count == 1:
      var inner = try ScenarioFields(value, file: fields.file, path: fields.path(of: "partition"))
      var labels = Double.nan
      var sizes = Double.nan
      try inner.number("dirichletLabels", &labels, in: ScenarioLimits.dirichletAlpha)
      try inner.number("dirichletSizes", &sizes, in: ScenarioLimits.dirichletAlpha)
      try inner.end()
      return sizes.isNaN ? .dirichletLabels(alpha: labels) : .dirichletSizes(alpha: sizes)
    default: throw fields.error("partition", value, .unusable(reason: "it must be \(expected)"))
    }
  }
}

extension Scenario.DataSource {
  fileprivate init(_ value: JSON5Value, in fields: ScenarioFields) throws(ScenarioError) {
    let expected =
      "\"digits\", { idx: { images: path, labels: path } } or { csv: { path: path, label: column } }"
    if value.content == .text("digits") {
      self = .digits
      return
    }
    guard case .object(let choices) = value.content, choices.count == 1 else {
      throw fields.error("source", value, .unusable(reason: "it must be \(expected)"))
    }
    var inner = try ScenarioFields(value, file: fields.file, path: fields.path(of: "source"))
    if let idx = try inner.object("idx") {
      let (images, labels) = try Self.pair("images", "labels", value, idx)
      self = .idx(images: try idx.text(images, "images"), labels: try idx.text(labels, "labels"))
    } else if let csv = try inner.object("csv") {
      let (path, label) = try Self.pair("path", "label", value, csv)
      self = .csv(path: try csv.text(path, "path"), label: try Self.column(label, csv))
    } else {
      try inner.end()
      self = .digits
    }
  }

  /// The values of an object's only two fields, which must both be there.
  private static func pair(
    _ first: String, _ second: String, _ parent: JSON5Value, _ fields: ScenarioFields
  ) throws(ScenarioError) -> (JSON5Value, JSON5Value) {
    var fields = fields
    let values = (fields.value(first), fields.value(second))
    try fields.end()
    guard let left = values.0, let right = values.1 else {
      let missing = values.0 == nil ? first : second
      throw fields.error(missing, parent, .unusable(reason: "it is missing"))
    }
    return (left, right)
  }

  private static func column(
    _ value: JSON5Value, _ fields: ScenarioFields
  ) throws(ScenarioError) -> CSV.LabelColumn {
    if case .text(let name) = value.content { return .named(name) }
    return .index(try fields.whole(value, "label", in: ScenarioLimits.csvColumn))
  }
}

extension Scenario.Training {
  fileprivate mutating func read(_ fields: ScenarioFields) throws(ScenarioError) {
    var fields = fields
    try fields.whole("epochs", &epochs, in: ScenarioLimits.epochs)
    try fields.whole("batchSize", &batchSize, in: ScenarioLimits.batchSize)
    try fields.number("learningRate", &learningRate, in: ScenarioLimits.learningRate)
    try fields.end()
  }
}

extension Scenario.Reward {
  fileprivate mutating func read(_ fields: ScenarioFields) throws(ScenarioError) {
    var fields = fields
    try fields.whole("escrowUnits", &escrowUnits, in: ScenarioLimits.escrowUnits)
    try fields.whole("unitsPerVersion", &unitsPerVersion, in: ScenarioLimits.escrowUnits)
    try fields.whole("authorBasisPoints", &authorBasisPoints, in: ScenarioLimits.basisPoints)
    try fields.whole("validatorBasisPoints", &validatorBasisPoints, in: ScenarioLimits.basisPoints)
    try fields.end()
  }
}

extension Scenario.Network {
  fileprivate mutating func read(_ fields: ScenarioFields) throws(ScenarioError) {
    var fields = fields
    try fields.number("latencySeconds", &latencySeconds, in: ScenarioLimits.seconds)
    try fields.number("trainingSecondsPerExample", &trainingSecondsPerExample, in: ScenarioLimits.seconds)
    try fields.end()
  }
}
