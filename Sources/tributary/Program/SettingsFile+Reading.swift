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
    try self.init(json5: try Self.bytes(at: path), name: path)
  }

  /// A file's bytes, from far longer ones than are read: the parser's own limit gives the better message.
  ///
  /// - Throws: `EngineError` for a file that cannot be read
  static func bytes(at path: String) throws(EngineError) -> [UInt8] {
    try FileReader.read(path, limitBytes: 16 * fileBytesLimit)
  }
}
