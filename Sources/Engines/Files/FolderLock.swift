import Foundation
import Glibc
import Synchronization

/// Keeps a folder to one process, and to one part of it, until it is released or the process ends.
///
/// ```swift
/// let lock = try FolderLock("state")
/// defer { lock.release() }
/// ```
public final class FolderLock: Sendable {
  // The lock goes with the open folder, and needs no file in it.
  private let folder: Mutex<OpenFile?>

  /// Locks a folder, which is created, with those that it lies in, if it is not there.
  ///
  /// - Throws: `EngineError` with code `inUse` if somebody else has locked it, or `system`.
  public init(_ path: String) throws(EngineError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw EngineError(
        .system, at: path, problem: error.localizedDescription, remedy: "check the path and its permissions")
    }
    // A folder whose name is lost in a crash loses what lies in it.
    try Directory.sync(path + "/..")
    let opened = try OpenFile(path, flags: O_RDONLY | O_DIRECTORY)
    try opened.lock(exclusively: true)
    folder = Mutex(consume opened)
  }

  /// Lets the folder go. Releasing again does nothing.
  public func release() { folder.withLock { $0 = nil } }
}
