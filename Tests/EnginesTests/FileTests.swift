import Engines
import Foundation
import Testing
import Wire

private func mode(_ path: String) throws -> Int {
  try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? -1
}

private func contents(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

private func place(_ bytes: [UInt8], at path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

@Suite(.timeLimit(.minutes(10)))
struct AtomicFileTests {
  @Test func writingReplacesAndLeavesNothingElse() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write([1, 2], to: folder("a"))
    try AtomicFile.write([], to: folder("a"))
    try AtomicFile.write([3], to: folder("a"), permissions: 0o600)
    #expect(try FileReader.read(folder("a"), limitBytes: 1) == [3])
    #expect(try mode(folder("a")) == 0o600)
    #expect(try folder.names() == ["a"])
  }

  @Test func creatingNeverReplaces() async throws {
    let folder = try TemporaryFolder()
    try AtomicFile.create([1], at: folder("a"))
    await expectFailure(.alreadyExists, naming: "/a") { try AtomicFile.create([2], at: folder("a")) }
    #expect(try FileReader.read(folder("a"), limitBytes: 9) == [1])
    #expect(try folder.names() == ["a"])
  }

  @Test func failuresNameThePathAndLeaveNothing() async throws {
    let folder = try TemporaryFolder()
    await expectFailure(.missing, naming: "absent/a") { try AtomicFile.write([1], to: folder("absent/a")) }
    try FileManager.default.createDirectory(atPath: folder("taken"), withIntermediateDirectories: false)
    await expectFailure(.system, naming: "/taken") { try AtomicFile.write([1], to: folder("taken")) }
    #expect(try folder.names() == ["taken"])
  }

  @Test func readingRefusesWhatIsNoBoundedFile() async throws {
    let folder = try TemporaryFolder()
    try place([1, 2, 3], at: folder("a"))
    await expectFailure(.limitExceeded, naming: "/a") { try FileReader.read(folder("a"), limitBytes: 2) }
    await expectFailure(.missing, naming: "/b") { try FileReader.read(folder("b"), limitBytes: 2) }
    await expectFailure(.unexpectedFile, naming: folder.path) {
      try FileReader.read(folder.path, limitBytes: 2)
    }
    // A pipe that nobody writes to would block a reader that waits.
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    await expectFailure(.unexpectedFile, naming: "/pipe") {
      try FileReader.read(folder("pipe"), limitBytes: 2)
    }
  }
}

@Suite(.timeLimit(.minutes(10)))
struct KeyFileTests {
  private let seed = (0..<32).map { UInt8($0) }

  // The checksum is Python's hashlib.blake2b(seed, digest_size=32, person=b"trib.key-file").
  @Test func theFileIsOneLineForItsOwnerAlone() throws {
    let folder = try TemporaryFolder()
    let key = try SigningKey(seed: seed)
    try KeyFile.create(key, at: folder("key"))
    #expect(try mode(folder("key")) == 0o600)
    let line = "tributary-signing-key-1 \(Hex.encode(seed)) 0a540eeb7f5f8499\n"
    #expect(try contents(folder("key")) == Array(line.utf8))
    let read = try KeyFile.read(folder("key"))
    #expect(read.publicKey == key.publicKey)
    #expect(read.seed == seed)
  }

  @Test func aKeyIsNeverReplaced() async throws {
    let folder = try TemporaryFolder()
    let key = try SigningKey(seed: seed)
    try KeyFile.create(key, at: folder("key"))
    await expectFailure(.alreadyExists, naming: "/key") {
      try KeyFile.create(try SigningKey.random(), at: folder("key"))
    }
    #expect(try KeyFile.read(folder("key")).publicKey == key.publicKey)
  }

  @Test(arguments: [0o640, 0o604, 0o620, 0o601, 0o644])
  func aKeyThatOthersCanUseIsRefused(permissions: Int) async throws {
    let folder = try TemporaryFolder()
    try KeyFile.create(try SigningKey(seed: seed), at: folder("key"))
    try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: folder("key"))
    let error = await expectFailure(.exposedSecret, naming: "/key") { try KeyFile.read(folder("key")) }
    #expect(error?.remedy.contains("chmod 600 \(folder("key"))") == true)
  }

  @Test func everyOtherTextIsRefusedWithoutShowingIt() async throws {
    let folder = try TemporaryFolder()
    try KeyFile.create(try SigningKey(seed: seed), at: folder("key"))
    let line = try contents(folder("key"))
    var others = [[], Array(line.dropLast()), line + line, line + [10]]
    for offset in line.indices {
      for bit in [UInt8(1), 0x20, 0x80] {
        others.append(line)
        others[others.count - 1][offset] ^= bit
      }
      others.append(Array(line[..<offset]))
    }
    for (number, other) in others.enumerated() {
      try place(other, at: folder("other"))
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder("other"))
      let error = await expectFailure(.malformed, naming: "/other", "text \(number)") {
        try KeyFile.read(folder("other"))
      }
      #expect(error?.description.contains("0102030405") == false, "an error shows no secret")
    }
  }
}

@Suite(.timeLimit(.minutes(10)))
struct FileBlobStoreTests {
  @Test func aBlobIsAFileNamedByItsDigest() async throws {
    let folder = try TemporaryFolder()
    let store = try await FileBlobStore.open(folder("blobs"), domain: HashDomain("test.other"))
    let digest = try await store.put([1, 2, 3])
    #expect(digest == Digest(of: [1, 2, 3], in: HashDomain("test.other")))
    #expect(try contents(folder("blobs/\(digest.hex.prefix(2))/\(digest.hex)")) == [1, 2, 3])
  }

  @Test func closingKeepsWhatIsBeingWrittenAndNothingElse() async throws {
    let folder = try TemporaryFolder()
    var kept: Set<Digest> = []
    for round in 0..<8 {
      let store = try await FileBlobStore.open(folder("blobs"))
      await withTaskGroup(of: Digest?.self) { group in
        for number in 0..<64 {
          if number == 8 * round {
            group.addTask {
              await store.close()
              return nil
            }
          }
          group.addTask {
            do throws(EngineError) {
              return try await store.put([UInt8(round), UInt8(number)])
            } catch {
              #expect(error.code == .closed, "\(error)")
              return nil
            }
          }
        }
        for await digest in group { if let digest { kept.insert(digest) } }
      }
      let again = try await FileBlobStore.open(folder("blobs"))
      #expect(try await again.digests() == kept.sorted())
      await again.close()
    }
    #expect(!kept.isEmpty)
  }

  @Test func aDamagedBlobIsNamedAndCanBeMended() async throws {
    let folder = try TemporaryFolder()
    let store = try await FileBlobStore.open(folder("blobs"))
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
    let digest = try await store.put(bytes)
    let path = folder("blobs/\(digest.hex.prefix(2))/\(digest.hex)")
    var damaged = bytes.indices.map { offset in
      var copy = bytes
      copy[offset] ^= 0x10
      return copy
    }
    damaged += [[], Array(bytes.dropLast()), bytes + [0]]
    for other in damaged {
      try place(other, at: path)
      await expectFailure(.damaged, naming: digest.hex) { try await store.get(digest) }
    }
    #expect(try await store.put(bytes) == digest)
    #expect(try await store.get(digest) == bytes)
  }

  @Test func openingRemovesWhatACrashLeft() async throws {
    let folder = try TemporaryFolder()
    var store = try await FileBlobStore.open(folder("blobs"))
    let digest = try await store.put([1])
    await store.close()
    let inner = "blobs/\(digest.hex.prefix(2))"
    try place([9], at: folder("\(inner)/\(digest.hex).1a\(AtomicFile.partialSuffix)"))
    let reader = try await FileBlobStore.open(folder("blobs"), access: .readOnly)
    #expect(try await reader.digests() == [digest])
    await expectFailure(.readOnly, naming: "blobs") { try await reader.put([2]) }
    #expect(try folder.names(in: inner).count == 2, "a reader removes nothing")
    await reader.close()
    store = try await FileBlobStore.open(folder("blobs"))
    #expect(try folder.names(in: inner) == [digest.hex])
    await expectFailure(.inUse, naming: "blobs") { try await FileBlobStore.open(folder("blobs")) }
  }

  @Test func readersShareAStore() async throws {
    let folder = try TemporaryFolder()
    await expectFailure(.missing, naming: "blobs") {
      try await FileBlobStore.open(folder("blobs"), access: .readOnly)
    }
    let writer = try await FileBlobStore.open(folder("blobs"))
    await writer.close()
    let first = try await FileBlobStore.open(folder("blobs"), access: .readOnly)
    let second = try await FileBlobStore.open(folder("blobs"), access: .readOnly)
    await expectFailure(.inUse, naming: "blobs") { try await FileBlobStore.open(folder("blobs")) }
    await first.close()
    await second.close()
  }

  @Test(arguments: ["stranger", "0g", "ab/stranger", "ab/\(String(repeating: "0", count: 64))"])
  func strangersAreNamed(name: String) async throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder("blobs/ab"), withIntermediateDirectories: true)
    try place([1], at: folder("blobs/\(name)"))
    await expectFailure(.unexpectedFile, naming: name) {
      try await FileBlobStore.open(folder("blobs"), access: .readOnly).digests()
    }
  }
}
