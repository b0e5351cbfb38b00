import Engines
import JSON5

extension SettingsFile {
  /// Reads the file that is named, or keeps the defaults if none is.
  ///
  /// - Throws: `EngineError` for a file that cannot be read, `SettingsError` for what is wrong in it
  init(path: String?) throws {
    guard let path else {
      self.init()
      return
    }
    // The parser's own limit gives the better message.
    let bytes = try FileReader.read(path, limitBytes: 16 * Self.fileBytesLimit)
    try self.init(json5: bytes, name: path)
  }
}
