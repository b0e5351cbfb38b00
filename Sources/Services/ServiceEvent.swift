import Foundation

/// Something that a service has to say to whoever runs it: a name for programs, and what it is about. It
/// holds no secrets.
public struct ServiceEvent: Sendable, Hashable {
  /// How much an event matters.
  public enum Level: String, Sendable, Hashable, CaseIterable, Comparable {
    /// As planned.
    case info
    /// Not as planned; the service goes on by itself.
    case warning
    /// Somebody has to look after it.
    case error

    /// By how much they matter.
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  /// How much it matters.
  public let level: Level
  /// The event's name, which stays the same from version to version.
  public let name: String
  /// What it is about, by name.
  public let fields: [String: String]

  /// Describes an event.
  public init(_ level: Level, _ name: String, _ fields: [String: String] = [:]) {
    self.level = level
    self.name = name
    self.fields = fields
  }

  /// The event as JSON on one line, with sorted names: `level` and `event` beside the fields, which have
  /// neither name.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let values = fields.merging(["level": level.rawValue, "event": name]) { $1 }
    return (try? encoder.encode(values)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

/// Takes a service's events, in their order, from any thread. It must not block.
public typealias ServiceReport = @Sendable (ServiceEvent) -> Void
