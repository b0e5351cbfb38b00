import Wire

/// A command's options and operands, as its help lists them.
struct CommandSpecification: Sendable {
  /// One option.
  struct Option: Sendable {
    /// With its dashes.
    let name: String
    /// What stands for its value in the help; nil if it takes none.
    let value: String?
    let help: String
    /// Whether the command does something else with it, for which it needs no operands.
    var replacesOperands = false

    /// What scripts read, in place of text.
    static let json = Option(name: "--json", value: nil, help: "print JSON")
  }

  let name: String
  let summary: String
  /// The operands, as the help shows them; each is required.
  var operands: [String] = []
  /// Whether the last operand may be repeated.
  var repeatsLastOperand = false
  /// One more operand that may be left out, if the command takes one.
  var optionalOperand: String?
  var options: [Option] = []
  let example: String

  /// Every command has these.
  private static let common = [
    Option(name: "--help", value: nil, help: "show this", replacesOperands: true)
  ]

  var allOptions: [Option] { options + Self.common }

  fileprivate var operandTexts: [String] {
    operands + (repeatsLastOperand ? ["..."] : []) + (optionalOperand.map { ["[\($0)]"] } ?? [])
  }

  fileprivate func takes(operands count: Int) -> Bool {
    if repeatsLastOperand { return count >= operands.count }
    return (operands.count...(operands.count + (optionalOperand == nil ? 0 : 1))).contains(count)
  }

  var help: String {
    let usage = (["tributary", name] + operandTexts + ["[options]"]).joined(separator: " ")
    let rows = allOptions.map { option in
      (option.value.map { "\(option.name) \($0)" } ?? option.name, option.help)
    }
    let width = rows.map(\.0.count).max() ?? 0
    let lines = rows.map { "  " + $0.0.padded(to: width) + "  " + $0.1 }
    return """
      \(summary)

      usage: \(usage)

      options:
      \(lines.joined(separator: "\n"))

      example:
        \(example)
      """
  }
}

/// What was typed after a command's name, checked against its specification.
struct CommandLineArguments {
  private(set) var operands: [String] = []
  private var values: [String: [String]] = [:]

  /// Reads arguments; options may stand anywhere, as `--name value` or `--name=value`.
  ///
  /// - Throws: `UsageError`
  init(_ arguments: [String], for command: CommandSpecification) throws(UsageError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--") else {
        operands.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
        String.init)
      guard let option = command.allOptions.first(where: { $0.name == parts[0] }) else {
        throw UsageError.unknown(
          "option", parts[0], among: command.allOptions.map(\.name), command: command.name)
      }
      values[option.name, default: []].append(try Self.value(of: option, parts, &rest, command))
    }
    let needsOperands = !command.allOptions.contains { $0.replacesOperands && values[$0.name] != nil }
    guard command.takes(operands: operands.count) || !needsOperands else {
      let texts = command.operandTexts
      let wanted = texts.isEmpty ? "no operands" : texts.joined(separator: " ")
      throw UsageError(
        "'\(command.name)' takes \(wanted); \(operands.count) were given", command: command.name)
    }
  }

  private static func value(
    of option: CommandSpecification.Option, _ parts: [String], _ rest: inout ArraySlice<String>,
    _ command: CommandSpecification
  ) throws(UsageError) -> String {
    guard let placeholder = option.value else {
      guard parts.count == 1 else { throw UsageError("\(option.name) takes no value", command: command.name) }
      return ""
    }
    if parts.count == 2 { return parts[1] }
    guard let next = rest.popFirst() else {
      throw UsageError("\(option.name) needs a value: \(option.name) \(placeholder)", command: command.name)
    }
    return next
  }

  /// Whether an option was given.
  func has(_ option: String) -> Bool { values[option] != nil }

  /// An option's value; of one that was repeated, the last.
  func text(_ option: String) -> String? { values[option]?.last }

  /// The values of an option that may be repeated.
  func texts(_ option: String) -> [String] { values[option] ?? [] }

  /// An option's value as a whole number.
  func number<Number: FixedWidthInteger>(
    _ option: String, in range: ClosedRange<Number>, command: CommandSpecification
  ) throws(UsageError) -> Number? {
    guard let text = text(option) else { return nil }
    guard let number = Number(text), range.contains(number) else {
      throw UsageError(
        "\(option) takes a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'",
        command: command.name)
    }
    return number
  }
}

extension CommandLineArguments {
  /// An option's value as a host and a port; a host with colons stands in brackets.
  func endpoint(
    _ option: String, _ command: CommandSpecification
  ) throws(UsageError) -> (host: String, port: UInt16)? {
    guard let text = text(option) else { return nil }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw UsageError("\(option) takes HOST:PORT, not '\(text)'", command: command.name)
    }
    let host = text[..<colon]
    let bare = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
    guard !bare.isEmpty, bare.count < host.count || !bare.contains(":") else {
      throw UsageError(
        "\(option) takes HOST:PORT, with an IPv6 address in brackets, not '\(text)'", command: command.name)
    }
    return (String(bare), port)
  }
}

/// Something in the command line that cannot be done.
struct UsageError: Error {
  let message: String
  /// Whose help to point to; empty for the program's.
  let command: String

  init(_ message: String, command: String = "") {
    self.message = message
    self.command = command
  }

  static func unknown(_ kind: String, _ found: String, among known: [String], command: String = "")
    -> UsageError
  {
    UsageError(
      "there is no \(kind) '\(found)'; did you mean '\(Spelling.nearest(to: found, among: known))'?",
      command: command)
  }
}

extension String {
  /// The text with spaces behind it, up to a width.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

  /// The text with spaces before it, up to a width.
  func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

  /// The text without spaces at its end.
  var withoutTrailingSpaces: String {
    var text = self
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
