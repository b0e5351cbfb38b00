import Glibc

/// Keeps a folder of state for one process at a time, as long as the value lives.
///
/// The system lets go of it however the process ends, so that nobody has to clean up after a crash.
public struct FolderLock: ~Copyable, Sendable {
  /// The file that is locked, in the folder.
  public static let fileName = "lock"

  private let file: OpenFile

  /// Takes a folder, which is made if it is not there.
  ///
  /// - Throws: `EngineError` with code `inUse` if another process has it, `missing` or `system`
  public init(_ folder: String) throws(EngineError) {
    try Directory.create(folder)
    let file = try OpenFile(folder + "/" + Self.fileName, flags: O_RDWR | O_CREAT, permissions: 0o600)
    try file.lock(exclusively: true)
    self.file = file
  }
}
