import Engines
import Testing

@Suite struct FolderLockTests {
  @Test func aFolderIsForOneAtATime() throws {
    let folder = try TemporaryFolder()
    let path = folder("state")
    func hold(_ body: () throws -> Void) throws {
      let lock = try FolderLock(path)
      try body()
      _ = consume lock
    }
    try hold {
      let error = #expect(throws: EngineError.self) { _ = try FolderLock(path) }
      #expect(error?.code == .inUse && error?.place.hasPrefix(path) == true)
    }
    // The file stays, and holds nobody off.
    try hold {}
  }
}
