import Engines
import Foundation
import Numerics
import Testing
import Wire

@Suite(.timeLimit(.minutes(10)))
struct ManifestTests {
  private func write(_ bytes: [UInt8], to path: String) throws {
    let url = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  private func read(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  // The digests are Python's hashlib.blake2b(data, digest_size=32, person=domain).
  @Test func knownAnswer() throws {
    let folder = try TemporaryFolder()
    try write(Array("abc".utf8), to: folder("a"))
    try write([], to: folder("b/c"))
    let manifest = try Manifest.write(sealing: folder.path)
    let text = """
      tributary manifest 1
      file 3 a
      649d423e11321e6bfc4ffe65806094d2fac60191e19a7af7da98ccd034530c9f
      file 0 b/c
      seal 957e75e3aaf156244a3c3765499ae00ef69dbfb336ceaaddde7e947238fdca2f

      """
    #expect(try read(folder("MANIFEST")) == Array(text.utf8))
    #expect(manifest.files.map(\.path) == ["a", "b/c"])
    #expect(manifest.sizeBytes == 3)
    #expect(try Manifest.verify(folder.path) == manifest)
  }

  @Test func sealingAgainIsTheSame() throws {
    let folder = try TemporaryFolder()
    #expect(try Manifest.write(sealing: folder.path).files.isEmpty)
    try Manifest.verify(folder.path)
    for size in [0, 1, Manifest.blockBytes - 1, Manifest.blockBytes, Manifest.blockBytes + 1] {
      try write([UInt8](repeating: 7, count: size), to: folder("deep/er/\(size) bytes ä"))
    }
    let manifest = try Manifest.write(sealing: folder.path)
    #expect(manifest.files.map(\.sizeBytes).sorted() == [0, 1, 65_535, 65_536, 65_537])
    let bytes = try read(folder("MANIFEST"))
    #expect(try Manifest.write(sealing: folder.path) == manifest)
    #expect(try read(folder("MANIFEST")) == bytes)
    #expect(try Manifest.verify(folder.path) == manifest)
  }

  @Test func everyFlippedByteIsFoundAndItsBlockNamed() async throws {
    let folder = try TemporaryFolder()
    let block = Manifest.blockBytes
    let sizes = ["a": 40, "b/c": 2 * block + 9, "b/d": block]
    for (name, size) in sizes {
      try write((0..<size).map { UInt8(truncatingIfNeeded: $0) }, to: folder(name))
    }
    try Manifest.write(sealing: folder.path)
    let randomSeed: UInt64 = 4
    var random = SeededRandom(seed: randomSeed)
    var flips = (0..<40).map { ("a", $0) }
    flips += [0, block - 1, block, 2 * block - 1, 2 * block, 2 * block + 8].map { ("b/c", $0) }
    flips += (0..<20).map { _ in ("b/d", random.integer(below: block)) }
    for (name, offset) in flips {
      let intact = try read(folder(name))
      var bytes = intact
      bytes[offset] ^= UInt8(1 << random.integer(below: 8))
      try write(bytes, to: folder(name))
      let start = offset / block * block
      let end = min(start + block, intact.count) - 1
      await expectFailure(
        .damaged, naming: "/\(name), bytes \(start) to \(end)", "seed \(randomSeed), \(offset)"
      ) {
        try Manifest.verify(folder.path)
      }
      try write(intact, to: folder(name))
    }
    try Manifest.verify(folder.path)
  }

  @Test func changedLengthsAreFound() async throws {
    let folder = try TemporaryFolder()
    let intact = [UInt8](repeating: 5, count: Manifest.blockBytes)
    try write(intact, to: folder("a"))
    try write([], to: folder("empty"))
    try Manifest.write(sealing: folder.path)
    try write(intact + [5], to: folder("a"))
    await expectFailure(.damaged, naming: "/a, bytes 65536 to 65536") { try Manifest.verify(folder.path) }
    try write(Array(intact.dropLast()), to: folder("a"))
    await expectFailure(.damaged, naming: "/a, bytes 0 to 65535") { try Manifest.verify(folder.path) }
    try write(intact, to: folder("a"))
    try write([0], to: folder("empty"))
    await expectFailure(.damaged, naming: "/empty, bytes 0 to 0") { try Manifest.verify(folder.path) }
  }

  @Test func missingAndAddedFilesAreNamed() async throws {
    let folder = try TemporaryFolder()
    for name in ["a", "c", "d/e"] { try write([1], to: folder(name)) }
    try Manifest.write(sealing: folder.path)
    for name in ["0", "b", "d/f", "z", "d/MANIFEST", "a.partial"] {
      try write([], to: folder(name))
      await expectFailure(.unexpectedFile, naming: "/\(name)") { try Manifest.verify(folder.path) }
      try FileManager.default.removeItem(atPath: folder(name))
    }
    for name in ["a", "c", "d/e"] {
      try FileManager.default.removeItem(atPath: folder(name))
      await expectFailure(.missing, naming: "/\(name)") { try Manifest.verify(folder.path) }
      try write([1], to: folder(name))
    }
    try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: folder("a"))
    await expectFailure(.unexpectedFile, naming: "/link") { try Manifest.verify(folder.path) }
    try FileManager.default.removeItem(atPath: folder("link"))
    try FileManager.default.removeItem(atPath: folder("MANIFEST"))
    await expectFailure(.missing, naming: "MANIFEST") { try Manifest.verify(folder.path) }
  }

  @Test func everyDamageToTheManifestIsFound() async throws {
    let folder = try TemporaryFolder()
    try write([1, 2, 3], to: folder("a"))
    try write([], to: folder("b/c"))
    try Manifest.write(sealing: folder.path)
    let intact = try read(folder("MANIFEST"))
    let randomSeed: UInt64 = 8
    var random = SeededRandom(seed: randomSeed)
    for offset in intact.indices {
      var flipped = intact
      flipped[offset] ^= UInt8(1 + random.integer(below: 255))
      try write(flipped, to: folder("MANIFEST"))
      await expectFailure(.malformed, naming: "MANIFEST", "seed \(randomSeed), \(offset)") {
        try Manifest.verify(folder.path)
      }
      try write(Array(intact[..<offset]), to: folder("MANIFEST"))
      await expectFailure(.malformed, naming: "MANIFEST", "cut at \(offset)") {
        try Manifest.verify(folder.path)
      }
    }
    try write(intact + [10], to: folder("MANIFEST"))
    await expectFailure(.malformed, naming: "MANIFEST") { try Manifest.verify(folder.path) }
  }

  @Test func aFolderIsSealedOnlyAtRest() async throws {
    let folder = try TemporaryFolder()
    let log = try await SQLiteLog.open(folder("log.sqlite"), network: .zero)
    let blobs = try await FileBlobStore.open(folder("blobs"))
    _ = try await blobs.put([1, 2])
    await expectFailure(.notAtRest, naming: "log.sqlite-wal") { try Manifest.write(sealing: folder.path) }
    try await log.close()
    await blobs.close()
    let manifest = try Manifest.write(sealing: folder.path)
    #expect(manifest.files.count == 2)
    let reader = try await SQLiteLog.open(folder("log.sqlite"), network: .zero, access: .readOnly)
    try Manifest.verify(folder.path)
    try await reader.close()
    try Manifest.verify(folder.path)
  }
}
