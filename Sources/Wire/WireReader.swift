/// Reads the fields of one message in the order of their numbers, and refuses every encoding but
/// `WireWriter`'s.
///
/// The work is bounded by the input's length: no byte is looked at more than twice a level of nesting, and
/// nothing is allocated from a number that the input has not paid for in bytes.
public struct WireReader {
  private let input: ArraySlice<UInt8>
  private var position: Int
  private let subject: String

  /// Reads from a slice.
  ///
  /// - Parameter subject: the message's name, for errors
  public init(_ input: ArraySlice<UInt8>, subject: String) {
    self.input = input
    self.position = input.startIndex
    self.subject = subject
  }

  /// An error about the field being read.
  public func fault(_ code: WireError.Code, field: Int, _ detail: String) -> WireError {
    WireError(code, subject: subject, field: field, offset: position - input.startIndex, detail: detail)
  }

  /// Reads an unsigned integer; zero if it is absent.
  public mutating func uint64(_ field: Int, maximum: UInt64 = .max) throws(WireError) -> UInt64 {
    guard try take(field, .varint) else { return 0 }
    let value = try varint(field)
    guard value != 0 else { throw fault(.notMinimal, field: field, "a zero is left out") }
    guard value <= maximum else {
      throw fault(.limitExceeded, field: field, "\(value) exceeds the maximum of \(maximum)")
    }
    return value
  }

  /// Reads a signed integer in zigzag form; zero if it is absent.
  public mutating func sint64(_ field: Int) throws(WireError) -> Int64 {
    Self.unzigzag(try uint64(field))
  }

  /// Reads a byte string; empty if it is absent.
  public mutating func bytes(_ field: Int, maximumCount: Int) throws(WireError) -> [UInt8] {
    guard let value = try delimited(field, maximumCount: maximumCount) else { return [] }
    guard !value.isEmpty else { throw fault(.notMinimal, field: field, "an empty value is left out") }
    return Array(value)
  }

  /// Reads text, which must be UTF-8; empty if it is absent.
  public mutating func string(_ field: Int, maximumByteCount: Int) throws(WireError) -> String {
    let value = try bytes(field, maximumCount: maximumByteCount)
    guard let text = String(validating: value, as: UTF8.self) else {
      throw fault(.invalidValue, field: field, "the text is not UTF-8")
    }
    return text
  }

  /// Reads a digest, which must be there.
  public mutating func digest(_ field: Int) throws(WireError) -> Digest {
    let value = try required(field, count: Digest.byteCount)
    return Digest(bytes: value) ?? .zero
  }

  /// Reads digests, a field each.
  public mutating func digests(_ field: Int, maximumCount: Int) throws(WireError) -> [Digest] {
    var result: [Digest] = []
    while try nextIs(field) {
      guard result.count < maximumCount else {
        throw fault(.limitExceeded, field: field, "more than \(maximumCount) elements")
      }
      result.append(try digest(field))
    }
    return result
  }

  /// Reads a public key, which must be there.
  public mutating func publicKey(_ field: Int) throws(WireError) -> PublicKey {
    guard let key = PublicKey(bytes: try required(field, count: PublicKey.byteCount)) else {
      throw fault(.badKey, field: field, "a public key has \(PublicKey.byteCount) bytes")
    }
    return key
  }

  /// Reads a signature, which must be there.
  public mutating func signature(_ field: Int) throws(WireError) -> Signature {
    guard let signature = Signature(bytes: try required(field, count: Signature.byteCount)) else {
      throw fault(.badSignature, field: field, "a signature has \(Signature.byteCount) bytes")
    }
    return signature
  }

  /// Reads a message, which must be there.
  public mutating func message<Message: WireMessage>(
    _ field: Int, as type: Message.Type = Message.self, maximumByteCount: Int = .max
  ) throws(WireError) -> Message {
    guard let message = try optionalMessage(field, as: type, maximumByteCount: maximumByteCount) else {
      throw fault(.missingField, field: field, "a \(Message.wireName) is required")
    }
    return message
  }

  /// Reads a message, if it is there.
  public mutating func optionalMessage<Message: WireMessage>(
    _ field: Int, as type: Message.Type = Message.self, maximumByteCount: Int = .max
  ) throws(WireError) -> Message? {
    guard let value = try delimited(field, maximumCount: maximumByteCount) else { return nil }
    var reader = WireReader(value, subject: "\(subject).\(Message.wireName)")
    let message = try Message(from: &reader)
    try reader.finish()
    return message
  }

  /// Reads messages, a field each.
  public mutating func messages<Message: WireMessage>(
    _ field: Int, as type: Message.Type = Message.self, maximumCount: Int
  ) throws(WireError) -> [Message] {
    var result: [Message] = []
    while let message = try optionalMessage(field, as: type) {
      guard result.count < maximumCount else {
        throw fault(.limitExceeded, field: field, "more than \(maximumCount) elements")
      }
      result.append(message)
    }
    return result
  }

  /// Reads unsigned integers from one packed field; none if it is absent.
  public mutating func packed(_ field: Int, maximumCount: Int) throws(WireError) -> [UInt64] {
    guard let value = try delimited(field, maximumCount: .max) else { return [] }
    guard !value.isEmpty else { throw fault(.notMinimal, field: field, "an empty value is left out") }
    var reader = WireReader(value, subject: subject)
    var result: [UInt64] = []
    while reader.position < value.endIndex {
      guard result.count < maximumCount else {
        throw fault(.limitExceeded, field: field, "more than \(maximumCount) elements")
      }
      result.append(try reader.varint(field))
    }
    return result
  }

  /// Reads signed integers in zigzag form from one packed field; none if it is absent.
  public mutating func packedSigned(_ field: Int, maximumCount: Int) throws(WireError) -> [Int64] {
    try packed(field, maximumCount: maximumCount).map(Self.unzigzag)
  }

  /// Checks that nothing is left over: no unknown, repeated or misplaced field, and no trailing bytes.
  public func finish() throws(WireError) {
    guard position < input.endIndex else { return }
    var rest = self
    guard let tag = try? rest.varint(0), tag >> 3 > 0 else {
      throw fault(.trailingBytes, field: 0, "\(input.endIndex - position) bytes are left over")
    }
    let field = Int(truncatingIfNeeded: tag >> 3)
    throw fault(.unexpectedField, field: field, "the field is unknown, repeated or out of order")
  }
}

extension WireReader {
  private mutating func required(_ field: Int, count: Int) throws(WireError) -> ArraySlice<UInt8> {
    guard let value = try delimited(field, maximumCount: count) else {
      throw fault(.missingField, field: field, "\(count) bytes are required")
    }
    guard value.count == count else {
      throw fault(.invalidValue, field: field, "\(value.count) bytes where \(count) are required")
    }
    return value
  }

  private mutating func delimited(_ field: Int, maximumCount: Int) throws(WireError) -> ArraySlice<UInt8>? {
    guard try take(field, .lengthDelimited) else { return nil }
    let count = try varint(field)
    guard count <= UInt64(input.endIndex - position) else {
      throw fault(
        .truncated, field: field, "\(count) bytes are announced and \(input.endIndex - position) are there")
    }
    guard count <= UInt64(maximumCount) else {
      throw fault(.limitExceeded, field: field, "\(count) bytes exceed the limit of \(maximumCount)")
    }
    let start = position
    position += Int(count)
    return input[start..<position]
  }

  private func nextIs(_ field: Int) throws(WireError) -> Bool {
    var probe = self
    guard probe.position < input.endIndex else { return false }
    return try probe.varint(field) >> 3 == UInt64(field)
  }

  private mutating func take(_ field: Int, _ type: WireType) throws(WireError) -> Bool {
    guard position < input.endIndex else { return false }
    let start = position
    let tag = try varint(field)
    guard tag >> 3 == UInt64(field) else {
      position = start
      return false
    }
    guard tag & 7 == type.rawValue else {
      throw fault(.wrongWireType, field: field, "wire type \(tag & 7) where \(type.rawValue) is expected")
    }
    return true
  }

  private mutating func varint(_ field: Int) throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < input.endIndex {
      let byte = input[position]
      position += 1
      if shift == 63, byte > 1 { throw fault(.invalidValue, field: field, "a varint exceeds 64 bits") }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 {
        guard byte != 0 || shift == 0 else {
          throw fault(.notMinimal, field: field, "a varint has leading zeros")
        }
        return value
      }
      shift += 7
    }
    throw fault(.truncated, field: field, "the input ends inside a varint")
  }

  private static func unzigzag(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }
}
