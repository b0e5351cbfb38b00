import JSON5

/// Where a gateway listens, as files write it.
public struct ListenSettings: Equatable, Sendable {
  /// The numeric address.
  public var address = "127.0.0.1"
  /// The port; 0 for any that is free.
  public var port: UInt16 = 8_443
  /// The certificate chain, a PEM file; nil for no TLS.
  public var certificate: String?
  /// The key of the certificate, a PEM file.
  public var certificateKey: String?
  /// Whether a proxy in front has TLS, so that other addresses than loopback may do without.
  public var behindProxy = false

  /// The defaults.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values.
  mutating func read(_ fields: inout SettingsFields) {
    fields.text("address", &address)
    fields.whole("port", &port, in: 0...UInt16.max)
    fields.text("certificate", &certificate)
    fields.text("certificateKey", &certificateKey)
    fields.flag("behindProxy", &behindProxy)
    if (certificate == nil) != (certificateKey == nil) {
      fields.report("certificate", .unusable(reason: "a certificate and its key come together"))
    }
  }

  /// The settings as a field `listen` of a file, with a comment on every field of it.
  var documented: String {
    """
      // Other addresses than loopback need a certificate, or a proxy in front that has one.
      listen: {
        address: \(JSON5Text.quoted(address)),
        port: \(port),
        // certificate: "chain.pem",
        // certificateKey: "key.pem",
        behindProxy: \(behindProxy),
      },
    """
  }
}
