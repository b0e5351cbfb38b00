import Foundation
import Services
import Synchronization

/// What a daemon writes about itself, on standard error: a line an event, for people on a terminal, and as
/// JSON elsewhere.
///
///     {"time":"2026-01-31T12:00:00.123Z","level":"info","event":"listening","url":"http://127.0.0.1:8443"}
final class Journal: Sendable {
  typealias Level = ServiceEvent.Level

  /// What a daemon's options for its journal are.
  static let options: [CommandSpecification.Option] = [
    .init(
      name: "--log-level", value: "LEVEL", help: "info, warning or error: what is logged (info)"),
    .init(name: "--json", value: nil, help: "log JSON lines on a terminal, too"),
  ]

  private let least: Level
  private let asJSON: Bool
  private let lock = Mutex(())

  init(_ arguments: CommandLineArguments, _ command: CommandSpecification) throws(UsageError) {
    let name = arguments.text("--log-level") ?? Level.info.rawValue
    guard let level = Level(rawValue: name) else {
      throw UsageError.unknown(
        "level", name, among: Level.allCases.map(\.rawValue), command: command.name)
    }
    least = level
    asJSON = arguments.has("--json") || !Console.isTerminal
  }

  /// Writes an event with its fields, if it matters enough.
  func write(_ level: Level, _ event: String, _ fields: KeyValuePairs<String, String> = [:]) {
    write(level, event, fields.map { ($0.key, $0.value) })
  }

  /// Writes an event with its fields, if it matters enough.
  func write(_ level: Level, _ event: String, _ fields: [(name: String, value: String)]) {
    guard level >= least else { return }
    let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    let pairs = [("time", time), ("level", level.rawValue), ("event", event)] + fields
    let line =
      asJSON
      ? "{" + pairs.map { "\(Self.quoted($0.0)):\(Self.quoted($0.1))" }.joined(separator: ",") + "}"
      : ([time, level.rawValue.padded(to: 7), event] + fields.map { "\($0.name)=\(Console.shown($0.value))" })
        .joined(separator: " ")
    // Lines of several tasks do not mix.
    lock.withLock { _ in Console.write(line + "\n") }
  }

  /// Writes what a service has to say.
  var report: ServiceReport {
    { event in
      self.write(event.level, event.name, event.fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
  }

  /// Writes what happens to a trainer that is a process.
  var reportOfTrainer: @Sendable (String) -> Void {
    { text in self.write(.info, "trainer", ["message": text]) }
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    let bytes = try? encoder.encode(text)
    return bytes.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}
