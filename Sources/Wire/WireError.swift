/// What was wrong with bytes or keys that came from outside, and where.
public struct WireError: Error, Equatable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable, Equatable {
    /// The input ended inside a value.
    case truncated
    /// A varint was longer than its value needs, or a default value was written out.
    case notMinimal
    /// A field that the schema does not have, that stands twice, or that stands out of order.
    case unexpectedField
    /// A field's wire type differs from the schema's.
    case wrongWireType
    /// Bytes were left over after the last field.
    case trailingBytes
    /// A field that the schema requires is absent.
    case missingField
    /// A length or a count exceeds its limit.
    case limitExceeded
    /// A value is outside of its range or form.
    case invalidValue
    /// A signature does not verify.
    case badSignature
    /// A key has the wrong length or is not a point of the curve.
    case badKey
    /// A blob is not sealed as it must be, or not under this key.
    case badSeal
  }

  /// The kind of fault.
  public let code: Code
  /// The message or value being read, as the schema names it.
  public let subject: String
  /// The field's number, or 0 where the fault lies outside of any field.
  public let field: Int
  /// The offset in bytes from the start of the message being read.
  public let offset: Int
  /// What was found, and what was expected.
  public let detail: String

  /// Creates an error.
  public init(_ code: Code, subject: String, field: Int = 0, offset: Int = 0, detail: String) {
    self.code = code
    self.subject = subject
    self.field = field
    self.offset = offset
    self.detail = detail
  }

  /// A sentence that names the message, the field and the offset.
  public var description: String {
    let place = field > 0 ? "\(subject), field \(field), byte \(offset)" : "\(subject), byte \(offset)"
    return "\(place): \(detail) (\(code.rawValue))"
  }
}
