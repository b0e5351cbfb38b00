/// Settings that a JSON5 file holds as its one object.
public protocol SettingsFile {
  /// The greatest length of a file in bytes.
  static var fileBytesLimit: Int { get }

  /// The defaults.
  init()

  /// Reads the fields that an object has. Those left out keep their values; contradictions are let through.
  mutating func read(_ fields: inout SettingsFields)

  /// Reports fields that contradict each other. It is asked once each field is right by itself.
  func check(_ fields: SettingsFields)
}

extension SettingsFile {
  /// 64 KiB.
  public static var fileBytesLimit: Int { SettingsFields.fileBytesLimit }

  /// No two fields contradict each other.
  public func check(_ fields: SettingsFields) {}

  /// Reads a file. Fields that are left out keep their defaults.
  ///
  /// - Parameters:
  ///   - json5: the file's bytes
  ///   - name: the file's name, for errors
  /// - Throws: `SettingsError` with every mistake
  public init(json5: [UInt8], name: String) throws(SettingsError) {
    self = try Self.draft(json5: json5, name: name).checked()
  }

  /// Reads a file as far as it goes, with every mistake in it.
  ///
  /// - Throws: `SettingsError` for a file that is not one JSON5 object
  public static func draft(json5: [UInt8], name: String) throws(SettingsError) -> SettingsDraft<Self> {
    try SettingsFields.draft(json5, name: name, limitBytes: Self.fileBytesLimit) { fields in
      var settings = Self()
      settings.read(&fields)
      if fields.isFaultless { settings.check(fields) }
      return settings
    }
  }
}
