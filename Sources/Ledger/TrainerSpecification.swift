public import Numerics
public import Wire

/// What trains a task's model.
public enum TrainerSpecification: Sendable, Hashable {
  /// A native model, in the form that `Learning.ModelSpecification` parses.
  case native(String)
  /// A program that every node starts by a command of its own.
  case process(ProcessTrainerSpecification)

  /// The model's canonical name, or the process's name, for people.
  public var name: String {
    switch self {
    case .native(let name): name
    case .process(let process): process.name
    }
  }
}

/// What an author signs of a trainer that is a process: which model it trains, and which files its nodes have
/// to run alike. There is no command line in it, since nobody runs what a stranger wrote.
public struct ProcessTrainerSpecification: Sendable, Hashable {
  /// A file that every node runs as the author did.
  public struct File: Sendable, Hashable {
    /// Its place in the trainer's folder, with slashes between the parts.
    public let name: String
    /// The digest of its bytes, as `ProcessTrainerSpecification.digest(of:)` makes it.
    public let digest: Digest

    /// Names a file.
    public init(name: String, digest: Digest) {
      self.name = name
      self.digest = digest
    }
  }

  private static let fileDomain = HashDomain("trib.trainer")

  /// The trainer's name, for people.
  public let name: String
  /// The model's tensors, in the order of the flat vector.
  public let layout: ParameterLayout
  /// The files, by ascending name.
  public let files: [File]

  /// Puts a specification together; the files may come in any order.
  ///
  /// - Throws: `LedgerError.task`, which names what breaks a rule.
  public init(name: String, layout: ParameterLayout, files: [File] = []) throws(LedgerError) {
    self.name = name
    self.layout = layout
    self.files = files.sorted { Self.ascend($0.name, $1.name) }
    if let fault { throw .task("the trainer's \(fault.reason)") }
    let byteCount = TrainerSpecification.process(self).wireBytes.count
    guard byteCount <= Limits.trainerSpecificationBytes else {
      throw .task(
        "the trainer's tensors and files take \(byteCount) bytes, and the limit is "
          + "\(Limits.trainerSpecificationBytes); give them shorter names")
    }
  }

  /// The name of a file's bytes.
  public static func digest(of file: [UInt8]) -> Digest { Digest(of: file, in: fileDomain) }

  // The safetensors format keeps this name for itself.
  private static let reservedTensorName = "__metadata__"

  /// What breaks a rule, and in which field; nil if nothing does. Names are ASCII, so that no two programs
  /// can differ on whether they are equal.
  private var fault: (field: Int, reason: String)? {
    if name.isEmpty || name.utf8.count > Limits.trainerBytes {
      return (1, "name has 1 to \(Limits.trainerBytes) bytes")
    }
    return faultOfTensors.map { (2, $0) } ?? faultOfFiles.map { (3, $0) }
  }

  private var faultOfTensors: String? {
    if layout.tensors.count > Limits.tensors { return "model has more than \(Limits.tensors) tensors" }
    if UInt64(layout.count) > Limits.parameters {
      return "model has more than \(Limits.parameters) parameters"
    }
    for tensor in layout.tensors {
      guard Self.isPrintable(tensor.name), tensor.name != Self.reservedTensorName else {
        return "tensors have names of printable ASCII other than \(Self.reservedTensorName), "
          + "and not \"\(tensor.name)\""
      }
    }
    return nil
  }

  private var faultOfFiles: String? {
    if files.count > Limits.trainerFiles { return "files are more than \(Limits.trainerFiles)" }
    for file in files where !Self.isRelative(file.name) {
      return "files are named from its folder on, in 1 to \(Limits.fileNameBytes) bytes of printable ASCII "
        + "without '..', and not \"\(file.name)\""
    }
    for (one, next) in zip(files, files.dropFirst()) where !Self.ascend(one.name, next.name) {
      return "files have each name once, in ascending order, and not \"\(next.name)\" after \"\(one.name)\""
    }
    return nil
  }

  private static func ascend(_ one: String, _ next: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(next.utf8)
  }

  private static func isPrintable(_ text: String) -> Bool {
    text.utf8.allSatisfy { (UInt8(ascii: " ")...UInt8(ascii: "~")).contains($0) }
  }

  /// Whether a name leads to a place within the folder that it starts from, in one spelling.
  private static func isRelative(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return name.utf8.count <= Limits.fileNameBytes && isPrintable(name)
      && parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
  }
}

extension TrainerSpecification: WireMessage {
  /// The name in the schema.
  public static let wireName = "TrainerSpecification"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    switch self {
    case .native(let name): writer.string(name, field: 1)
    case .process(let process): writer.message(process, field: 2)
    }
  }

  /// Reads the fields, one of which is there.
  public init(from reader: inout WireReader) throws(WireError) {
    let name = try reader.string(1, maximumByteCount: Limits.trainerBytes)
    let process: ProcessTrainerSpecification? = try reader.optionalMessage(2)
    switch (name.isEmpty, process) {
    case (false, nil): self = .native(name)
    case (true, let process?): self = .process(process)
    default:
      throw reader.fault(.invalidValue, field: 1, "a trainer is either a native model or a process")
    }
  }
}

extension ProcessTrainerSpecification: WireMessage {
  /// The name in the schema.
  public static let wireName = "ProcessTrainerSpecification"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.string(name, field: 1)
    writer.messages(layout.tensors.map { NamedTensor(name: $0.name, shape: $0.shape) }, field: 2)
    writer.messages(files, field: 3)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    name = try reader.string(1, maximumByteCount: Limits.trainerBytes)
    let tensors: [NamedTensor] = try reader.messages(2, maximumCount: Limits.tensors)
    files = try reader.messages(3, maximumCount: Limits.trainerFiles)
    do {
      layout = try ParameterLayout(tensors.map { ($0.name, $0.shape) })
    } catch {
      throw reader.fault(.invalidValue, field: 2, error.description)
    }
    if let fault { throw reader.fault(.invalidValue, field: fault.field, fault.reason) }
  }
}

extension ProcessTrainerSpecification.File: WireMessage {
  /// The name in the schema.
  public static let wireName = "TrainerFile"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.string(name, field: 1)
    writer.digest(digest, field: 2)
  }

  /// Reads the fields; the specification checks the name.
  public init(from reader: inout WireReader) throws(WireError) {
    name = try reader.string(1, maximumByteCount: Limits.fileNameBytes)
    digest = try reader.digest(2)
  }
}

/// A tensor of a layout, whose place follows from those before it.
private struct NamedTensor: WireMessage {
  static let wireName = "NamedTensor"

  let name: String
  let shape: [Int]

  init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }

  func encode(to writer: inout WireWriter) {
    writer.string(name, field: 1)
    writer.packed(shape.map { UInt64($0) }, field: 2)
  }

  /// Reads the fields; the layout checks them.
  init(from reader: inout WireReader) throws(WireError) {
    name = try reader.string(1, maximumByteCount: ParameterLayout.maximumNameBytes)
    let sizes = try reader.packed(2, maximumCount: ParameterLayout.maximumRank)
    guard sizes.allSatisfy({ $0 <= Limits.parameters }) else {
      throw reader.fault(.limitExceeded, field: 2, "a dimension exceeds \(Limits.parameters)")
    }
    shape = sizes.map { Int($0) }
  }
}
