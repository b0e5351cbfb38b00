import Foundation
import JSON5

/// Where people read: progress and errors on standard error, results on standard output.
enum Console {
  /// Whether standard error is a terminal, which can show a bar.
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Says what is wrong. Others may have had a hand in the words, so that they are kept from the terminal's
  /// controls.
  static func error(_ message: String) {
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map { shown(String($0)) }
    write("tributary: \(lines.joined(separator: "\n"))\n")
  }

  /// Words of somebody else on one line, without control characters.
  static func shown(_ text: String) -> String { JSON5Text.printable(text, limit: shownCharacters) }

  private static let shownCharacters = 1_000

  /// A line on standard output that is there at once, for whoever waits for it.
  static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// What scripts read.
enum JSONText {
  /// What stands for a value that is not there.
  static var null: Any { NSNull() }

  /// A value as an object that can be part of another.
  static func object(_ value: some Encodable) throws -> Any {
    try JSONSerialization.jsonObject(with: try JSONEncoder().encode(value))
  }

  /// Indented JSON with sorted keys, of values that are lists or objects.
  static func of(_ values: [some Encodable]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(values), as: UTF8.self)
  }

  /// Indented JSON with sorted keys.
  static func of(_ object: [String: Any]) -> String {
    let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data = try? JSONSerialization.data(withJSONObject: object, options: options)
    return data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

/// Progress of long work: a bar that redraws itself on a terminal, a line now and then elsewhere.
struct ProgressBar {
  private static let width = 28
  private static let linesElsewhere = 8

  let title: String
  let total: Int

  /// The time that is left, as an estimate is worth giving it.
  static func text(_ duration: Duration) -> String {
    let seconds = Int((duration / .seconds(1)).rounded(.up))
    return seconds < 120 ? "\(seconds) s" : "\((seconds + 59) / 60) min"
  }

  /// Shows how far the work is.
  func show(_ done: Int, _ detail: String) {
    if Console.isTerminal {
      let filled = Self.width * done / max(1, total)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
      Console.write("\r\u{1B}[K\(title.padded(to: 16)) \(bar) \(detail)")
      if done >= total { Console.write("\n") }
    } else if done >= total || done.isMultiple(of: max(1, total / Self.linesElsewhere)) {
      Console.write("\(title.padded(to: 16)) \(detail)\n")
    }
  }
}

/// Runs work that Ctrl-C cancels, so that it can put its files in order before the program ends.
enum Interruptible {
  static func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value
  {
    let task = Task { try await work() }
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler { @Sendable in task.cancel() }
    source.resume()
    defer {
      source.cancel()
      signal(SIGINT, SIG_DFL)
    }
    do {
      return try await task.value
    } catch {
      if task.isCancelled { throw CancellationError() }
      throw error
    }
  }
}
