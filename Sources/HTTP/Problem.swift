import Foundation

/// What is wrong with a request, as RFC 9457 has it.
public struct Problem: Codable, Sendable, Hashable {
  /// The media type of its JSON.
  public static let mediaType = "application/problem+json"

  /// A URI that says what kind of problem it is; `about:blank` if the status says it all.
  public let type: String
  /// What the status is called.
  public let title: String
  /// The status code.
  public let status: Int
  /// The problem's name, for programs.
  public let code: String
  /// What is wrong and what to do about it: a sentence for people.
  public let detail: String

  /// Describes a problem that a status and a name tell enough about.
  public init(_ status: Int, code: String, detail: String) {
    type = "about:blank"
    title = Response.reason(status)
    self.status = status
    self.code = code
    self.detail = detail
  }

  /// The problem as JSON on one line.
  var jsonBytes: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and one whole number are always JSON; the empty object is for the type checker.
    return Array((try? encoder.encode(self)) ?? Data("{}".utf8)) + [UInt8(ascii: "\n")]
  }
}
