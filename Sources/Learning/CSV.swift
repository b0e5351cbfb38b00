/// Reads labelled examples from comma-separated values: one line an example, numbers only.
///
/// ```swift
/// let dataset = try CSV.dataset(bytes, label: .named("species"), header: .present, classCount: 3)
/// ```
public enum CSV {
  /// Which column holds the labels.
  public enum LabelColumn: Equatable, Sendable {
    /// By its place, from 0.
    case index(Int)
    /// By its name in the header.
    case named(String)
  }

  /// Whether the first line names the columns.
  public enum Header: Equatable, Sendable {
    /// It does.
    case present
    /// It is the first example.
    case absent
  }

  /// The most columns that a line may have.
  public static let maximumColumns = 1 << 20
  /// The most characters that a number may have.
  public static let maximumNumberCharacters = 64

  /// Reads a whole file. All columns but the label's are features, in the file's order.
  ///
  /// Labels are whole numbers from 0. Names of classes are not accepted, because every node would number
  /// the names that it happens to hold in its own way.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8 as RFC 4180 describes; a dot is the decimal mark.
  ///   - label: the column of the labels.
  ///   - header: whether the first line names the columns.
  ///   - classCount: how many classes there are; nil means one more than the largest label.
  /// - Throws: `LearningError.invalidCSV`, which names line and column.
  public static func dataset(
    _ bytes: [UInt8], label: LabelColumn, header: Header, classCount: Int? = nil
  ) throws(LearningError) -> Dataset {
    var reader = CSVReader(bytes)
    var names: [String]?
    if header == .present { names = try reader.next() }
    var record = try reader.next()
    guard let width = names?.count ?? record?.count, record != nil else {
      throw .invalidCSV(line: 0, column: 0, reason: "there are no examples")
    }
    guard width >= 2 else {
      throw .invalidCSV(line: reader.line, column: 1, reason: "a line needs a label and at least one feature")
    }
    let labelIndex = try index(of: label, names: names, width: width)
    var features: [Float] = []
    var labels: [Int32] = []
    while let fields = record {
      guard fields.count == width else {
        throw .invalidCSV(
          line: reader.line, column: min(fields.count, width) + 1,
          reason: "\(fields.count) fields, where \(width) were expected")
      }
      for (column, field) in fields.enumerated() {
        if column == labelIndex {
          labels.append(try parseLabel(field, classCount, line: reader.line, column: column + 1))
        } else {
          features.append(try parseFeature(field, line: reader.line, column: column + 1))
        }
      }
      record = try reader.next()
    }
    // At least two classes, so that a node that holds only class 0 can be read.
    let classes = classCount ?? max(2, Int(labels.max() ?? 0) + 1)
    return try Dataset(features: features, featureCount: width - 1, labels: labels, classCount: classes)
  }

  private static func index(
    of label: LabelColumn, names: [String]?, width: Int
  ) throws(LearningError) -> Int {
    switch label {
    case .index(let index):
      guard (0..<width).contains(index) else {
        throw .invalidCSV(
          line: 0, column: 0, reason: "there is no column \(index) among \(width), counted from 0")
      }
      return index
    case .named(let name):
      guard let names else {
        throw .invalidCSV(
          line: 0, column: 0, reason: "the label column \"\(name)\" is given by name, but there is no header")
      }
      let matches = names.indices.filter { names[$0] == name }
      guard matches.count == 1 else {
        throw .invalidCSV(
          line: 1, column: 1, reason: "\(matches.count) columns are named \"\(name)\"; one must be")
      }
      return matches[0]
    }
  }

  private static func parseFeature(_ field: String, line: Int, column: Int) throws(LearningError) -> Float {
    let field = trimmed(field)
    // `Float` would also read "nan", "inf" and hexadecimal.
    let isPlain = field.utf8.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
    }
    guard isPlain, field.utf8.count <= maximumNumberCharacters, let value = Float(field), value.isFinite
    else {
      throw .invalidCSV(line: line, column: column, reason: "\"\(field.prefix(40))\" is not a finite number")
    }
    return value
  }

  private static func parseLabel(
    _ field: String, _ classCount: Int?, line: Int, column: Int
  ) throws(LearningError) -> Int32 {
    let limit = classCount ?? Dataset.maximumClasses
    guard let label = Int32(trimmed(field)), label >= 0, label < limit else {
      throw .invalidCSV(
        line: line, column: column,
        reason: "\"\(field.prefix(40))\" is not a label: a whole number from 0 to \(limit - 1)")
    }
    return label
  }

  private static func trimmed(_ field: String) -> Substring {
    var field = field[...]
    while let first = field.first, first == " " || first == "\t" { field.removeFirst() }
    while let last = field.last, last == " " || last == "\t" { field.removeLast() }
    return field
  }
}
