import Glibc

/// Writes files so that a crash leaves either the old content or the new one, whole and on the disk.
///
/// ```swift
/// try AtomicFile.write(bytes, to: "network/summary.json")
/// ```
public enum AtomicFile {
  /// How the name of a file ends that is still being written. One that is found later was left by a crash.
  public static let partialSuffix = ".partial"

  /// Writes a file, in place of any that is there.
  ///
  /// - Parameters:
  ///   - bytes: the content.
  ///   - path: the file. Its folder must exist.
  ///   - permissions: the mode bits, from which the process's mask is taken.
  /// - Throws: `EngineError` with code `missing` or `system`.
  public static func write(_ bytes: [UInt8], to path: String, permissions: UInt32 = 0o644) throws(EngineError)
  {
    try stage(bytes, for: path, permissions: permissions) { partial throws(EngineError) in
      guard rename(partial, path) == 0 else { throw .system("replace", path: path, number: errno) }
    }
  }

  /// Writes a new file, and never over one that is there.
  ///
  /// - Throws: `EngineError` with code `alreadyExists`, `missing` or `system`.
  public static func create(_ bytes: [UInt8], at path: String, permissions: UInt32 = 0o644)
    throws(EngineError)
  {
    try stage(bytes, for: path, permissions: permissions) { partial throws(EngineError) in
      guard link(partial, path) == 0 else { throw .system("create", path: path, number: errno) }
      try Directory.remove(file: partial)
    }
  }

  /// Writes the content beside the path, has `publish` give it its name, and makes the name durable.
  private static func stage(
    _ bytes: [UInt8], for path: String, permissions: UInt32,
    publish: (_ partial: String) throws(EngineError) -> Void
  ) throws(EngineError) {
    let partial = path + "." + String(UInt64.random(in: 0...UInt64.max), radix: 16) + partialSuffix
    do {
      let file = try OpenFile(partial, flags: O_WRONLY | O_CREAT | O_EXCL, permissions: permissions)
      try file.write(bytes)
      try file.sync()
      try publish(partial)
    } catch {
      // The first error is the one to report; the file it leaves is known by its suffix.
      unlink(partial)
      throw error
    }
    try Directory.sync(Directory.parent(of: path))
  }
}

/// Reads whole files of bounded length.
public enum FileReader {
  /// The content of a regular file.
  ///
  /// - Throws: `EngineError` with code `missing`, `unexpectedFile`, `limitExceeded` or `system`.
  public static func read(_ path: String, limitBytes: Int) throws(EngineError) -> [UInt8] {
    let file = try OpenFile.reading(path)
    return try contents(of: file, limitBytes: limitBytes)
  }

  static func contents(of file: borrowing OpenFile, limitBytes: Int) throws(EngineError) -> [UInt8] {
    let sizeBytes = try file.sizeBytes()
    guard sizeBytes <= limitBytes else {
      throw .tooLarge("the file", at: file.path, bytes: sizeBytes, limitBytes: limitBytes)
    }
    // One byte more than the size shows whether the file has grown since.
    let bytes = try file.read(upTo: sizeBytes + 1)
    guard bytes.count == sizeBytes else {
      throw EngineError(
        .system, at: file.path, problem: "its length changed while it was read",
        remedy: "stop the process that writes it and read it again")
    }
    return bytes
  }
}
