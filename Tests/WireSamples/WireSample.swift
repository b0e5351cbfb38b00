public import Wire

/// One message with its only encoding: a seed for the mutation test and the fuzzer, and a case for stock
/// protobuf.
public struct WireSample: Sendable {
  /// The message's name in the schema.
  public let message: String
  /// What sets this sample apart from the message's others: "full", "least", ...
  public let variant: String
  /// The encoding.
  public let bytes: [UInt8]
  private let reencoder: @Sendable ([UInt8]) throws(WireError) -> [UInt8]
  private let meaning: @Sendable ([UInt8]) throws(WireError) -> [Int64]

  /// Encodes a message.
  ///
  /// - Parameters:
  ///   - limit: the greatest length that the decoder is given, in bytes
  ///   - meaning: what the message says, for one that keeps some of its bytes as they came: encoding it again
  ///     shows
  ///     nothing about those
  public init<Message: WireMessage>(
    _ message: Message, _ variant: String, limit: Int = 1 << 20,
    meaning: @escaping @Sendable (Message) -> [Int64] = { $0.wireBytes.map { Int64($0) } }
  ) {
    self.message = Message.wireName
    self.variant = variant
    bytes = message.wireBytes
    reencoder = { (input) throws(WireError) in try Message(wireBytes: input, limit: limit).wireBytes }
    self.meaning = { (input) throws(WireError) in meaning(try Message(wireBytes: input, limit: limit)) }
  }

  /// The message's name and the variant: unique among the samples, and a file's name without its extension.
  public var name: String { "\(message).\(variant)" }

  /// Decodes bytes as this sample's message and encodes what came out.
  ///
  /// - Throws: `WireError` if the decoder refuses the bytes.
  public func reencode(_ input: [UInt8]) throws(WireError) -> [UInt8] { try reencoder(input) }

  /// Whether the decoder accepts bytes that are not the encoding of what they decode to, or that say what the
  /// sample says in another way.
  ///
  /// - Returns: nil if the bytes are refused
  public func isSecondEncoding(_ input: [UInt8]) -> Bool? {
    guard let again = try? reencode(input) else { return nil }
    guard again == input else { return true }
    return input != bytes && (try? meaning(input)) == (try? meaning(bytes))
  }
}
