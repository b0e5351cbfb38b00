/// What an update may be, at most. Everything that comes from outside is held against these numbers before it
/// costs work.
public enum UpdateLimits {
  /// The number of consecutive parameters that are compressed together; a vector's last chunk may be shorter.
  public static let chunkParameterCount = 4_096
  /// The greatest number of parameters of a model.
  public static let parameterCountLimit = 1 << 30
  /// The greatest length of an encoded payload in bytes.
  public static let payloadBytesLimit = 1 << 30
  /// The greatest length of a form's text in bytes.
  public static let formBytesLimit = 16
  /// The greatest length of a header or of a step's fields beside the payload, in bytes.
  public static let headerBytesLimit = 256
  /// The greatest length of an encoded packet or step in bytes.
  public static let messageBytesLimit = payloadBytesLimit + headerBytesLimit
}
