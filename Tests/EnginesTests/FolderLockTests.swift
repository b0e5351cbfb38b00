import Engines
import Testing

@Suite struct FolderLockTests {
  @Test func aFolderIsForOneAtATime() throws {
    let folder = try TemporaryFolder()
    let path = folder("state/of/a/node")
    for _ in 0..<2 {
      let lock = try FolderLock(path)
      let error = #expect(throws: EngineError.self) { _ = try FolderLock(path) }
      #expect(error?.code == .inUse && error?.place == path)
      lock.release()
      lock.release()
    }
    #expect(try folder.names(in: "state/of/a/node") == [], "a lock leaves nothing behind")
  }
}
