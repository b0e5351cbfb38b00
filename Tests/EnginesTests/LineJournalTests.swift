import Engines
import Foundation
import Testing

@Suite("Line journal", .timeLimit(.minutes(10)))
struct LineJournalTests {
  private func open(_ path: String) async throws -> (LineJournal, LineJournal.Contents) {
    try await LineJournal.open(path)
  }

  private func reopened(_ path: String) async throws -> LineJournal.Contents {
    let (journal, contents) = try await open(path)
    await journal.close()
    return contents
  }

  @Test("what is appended is found again, line by line")
  func roundTrip() async throws {
    let folder = try TemporaryFolder()
    let (journal, contents) = try await open(folder("a"))
    #expect(contents.lines.isEmpty && contents.tornBytes == 0)
    let lines = ["one", "", "ünïcode", String(repeating: "x", count: 100_000)].map { Array($0.utf8) }
    for line in lines { try await journal.append(line) }
    await journal.close()
    #expect(try await reopened(folder("a")).lines == lines)
  }

  @Test("a journal cut at any byte keeps its whole lines, and goes on")
  func tornAtEveryByte() async throws {
    let folder = try TemporaryFolder()
    let whole = Array("first\nsecond\n\nthird\n".utf8)
    for length in 0...whole.count {
      let path = folder("\(length)")
      try Data(whole[..<length]).write(to: URL(fileURLWithPath: path))
      let kept = whole[..<length].split(separator: 10, omittingEmptySubsequences: false).dropLast().map {
        Array($0)
      }
      let tail = length - kept.reduce(0) { $0 + $1.count + 1 }
      let (journal, contents) = try await open(path)
      #expect(contents.lines == kept && contents.tornBytes == tail, "cut at \(length)")
      try await journal.append([65])
      await journal.close()
      #expect(try await reopened(path).lines == kept + [[65]], "cut at \(length)")
    }
  }

  @Test("a line feed inside a line, a closed journal and a second opener are refused")
  func refusals() async throws {
    let folder = try TemporaryFolder()
    let (journal, _) = try await open(folder("a"))
    await expectFailure(.malformed, naming: "/a") { try await journal.append([65, 10, 66]) }
    await expectFailure(.inUse, naming: "/a") { try await open(folder("a")) }
    await journal.close()
    await expectFailure(.closed, naming: "/a") { try await journal.append([65]) }
    #expect(try await reopened(folder("a")).lines.isEmpty)
  }

  @Test("what is no file, or stands in no folder, is refused")
  func noFile() async throws {
    let folder = try TemporaryFolder()
    await expectFailure(.missing, naming: "absent/a") { try await open(folder("absent/a")) }
    await expectFailure(.system, naming: folder.path) { try await open(folder.path) }
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    await expectFailure(.unexpectedFile, naming: "/pipe") { try await open(folder("pipe")) }
  }
}
