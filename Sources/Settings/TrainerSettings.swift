import JSON5
public import Trainers

/// A trainer that is a process, as files write it.
public struct TrainerSettings: Equatable, Sendable {
  /// What is started, where, and what it may use; a command that was refused has no arguments.
  public var command = TrainerCommand([])

  // Words of a command.
  static let commandWords = 1...1_024
  static let seconds = 0.001...1e9
  static let memoryBytes = 1 << 20...1 << 50
  static let restarts = 0...1_000_000

  /// A command that is yet to be named.
  public init() {}

  /// Reads the fields that an object has; the command must be there.
  mutating func read(_ fields: inout SettingsFields) {
    let found: [String]? = fields.list("command", count: Self.commandWords) { value, name, fields in
      guard let word = fields.text(value, name) else { return nil }
      if name.hasSuffix("[0]"), word.isEmpty {
        fields.report(name, at: value, .unusable(reason: "it is empty; name the program, such as 'python3'"))
      }
      return word
    }
    if let found { command.arguments = found }
    if !fields.has("command") { fields.report("command", .missing) }
    fields.text("folder", &command.folder)
    fields.object("limits") { limits in
      limits.number("startSeconds", &command.limits.startSeconds, in: Self.seconds)
      limits.number("trainSeconds", &command.limits.trainSeconds, in: Self.seconds)
      limits.number("judgeSeconds", &command.limits.judgeSeconds, in: Self.seconds)
      if let value = limits.value("memoryBytes") {
        command.limits.memoryBytes = limits.whole(value, "memoryBytes", in: Self.memoryBytes)
      }
      limits.whole("restarts", &command.limits.restarts, in: Self.restarts)
      limits.number("restSeconds", &command.limits.restSeconds, in: Self.seconds)
    }
  }

  /// Reads the field `trainer` of a node, which has either data for native models or a trainer.
  ///
  /// - Parameter trainer: nil if the field is not there
  static func read(_ trainer: inout TrainerSettings?, _ fields: inout SettingsFields) {
    guard let value = fields.value("trainer") else { return }
    if fields.has("data") {
      let reason = "a trainer has examples of its own; leave out 'data', which is for native models"
      fields.report("trainer", at: value, .unusable(reason: reason))
    }
    fields.object(value, "trainer") { inner in
      var settings = TrainerSettings()
      settings.read(&inner)
      trainer = settings
    }
  }

  /// The field `trainer` of a node as a comment in its file: it takes the place of `data`.
  static var documented: String {
    """
      // A program in place of `data`, for tasks whose trainer is a process: docs/TRAINER.md. Files that the
      // task's author signed have to be the same in its folder. Limits are in seconds and bytes; what exceeds
      // one is killed. What fails is started again, so many times in a row, and then after `restSeconds`.
    \(object(of: ["command: [\"python3\", \"trainer.py\"],", "folder: \".\","]))
    """
  }

  /// A field `trainer` as a comment, with lines of its own before the limits.
  static func object(of lines: [String]) -> String {
    let limits = TrainerLimits()
    let rest = [
      "limits: {",
      "  startSeconds: \(limits.startSeconds), trainSeconds: \(limits.trainSeconds),",
      "  judgeSeconds: \(limits.judgeSeconds), memoryBytes: \(8 << 30),",
      "  restarts: \(limits.restarts), restSeconds: \(limits.restSeconds),",
      "},",
    ]
    let body = (lines + rest).map { "  //   \($0)" }.joined(separator: "\n")
    return "  // trainer: {\n\(body)\n  // },"
  }
}
