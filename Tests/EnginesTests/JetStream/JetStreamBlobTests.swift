import EnginesTestKit
import Numerics
import Testing
import Wire

@testable import Engines

/// Long blobs, and what a hostile member stores under their names.
@Suite("JetStream blobs", .timeLimit(.minutes(2)))
struct JetStreamBlobTests {
  private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  private func open(_ fixture: JetStreamFixture) async throws -> JetStreamBlobStore {
    try await JetStreamBlobStore.open(network: fixture.network, servers: fixture.servers())
  }

  private func client(_ fixture: JetStreamFixture) throws -> JetStreamClient {
    let link = NatsLink(fixture.servers())
    return JetStreamClient(connection: try link.connection(), servers: link.servers)
  }

  private func messages(_ client: JetStreamClient, _ fixture: JetStreamFixture) throws -> UInt64 {
    try client.info(fixture.names.blobStream).state.messages
  }

  @Test("blobs of every number of chunks come back, and are stored once")
  func chunks() async throws {
    let fixture = try await JetStreamFixture()
    let store = try await open(fixture)
    let client = try client(fixture)
    let chunk = BlobManifest.chunkBytes
    var expected: UInt64 = 0
    for (count, messages) in [(chunk, 1), (chunk + 1, 3), (2 * chunk, 3), (5 * chunk + 7, 7)] {
      let blob = bytes(count, seed: UInt64(count))
      let digest = try await store.put(blob)
      #expect(try await store.get(digest) == blob, "\(count) bytes")
      expected += UInt64(messages)
      #expect(try await store.put(blob) == digest)
      #expect(try self.messages(client, fixture) == expected, "\(count) bytes, kept twice")
      #expect(try await store.contains(digest))
    }
    // Equal chunks are one message.
    let zeros = try await store.put([UInt8](repeating: 0, count: 4 * chunk))
    #expect(try self.messages(client, fixture) == expected + 2)
    #expect(try await store.get(zeros) == [UInt8](repeating: 0, count: 4 * chunk))
    try await store.close()
  }

  @Test("what is stored under a digest without having it harms nothing")
  func squatters() async throws {
    let fixture = try await JetStreamFixture()
    let store = try await open(fixture)
    let (client, names) = (try client(fixture), fixture.names)
    let blob = bytes(BlobManifest.chunkBytes + 100, seed: 1)
    let manifest = BlobManifest(of: blob)
    let digest = Digest(of: blob, in: store.domain)
    func squat(_ body: [UInt8], _ subject: String) throws {
      _ = try client.publish(body, on: subject, stream: names.blobStream, messageID: nil)
    }
    let subjects = [names.blobPrefix + digest.hex] + manifest.chunks.map { names.chunkPrefix + $0.hex }
    let forged: [[UInt8]] = [
      [], [1, 2, 3], BlobManifest(of: [1]).wireBytes,
      BlobManifest(of: bytes(2 * BlobManifest.chunkBytes, seed: 2)).wireBytes,
    ]
    for subject in subjects { for body in forged { try squat(body, subject) } }
    await expectFailure(.damaged, naming: digest.hex) { try await store.get(digest) }
    // Keeping it mends it, whatever was there before and comes after.
    #expect(try await store.put(blob) == digest)
    #expect(try await store.get(digest) == blob)
    for subject in subjects { for body in forged { try squat(body, subject) } }
    #expect(try await store.get(digest) == blob)
    #expect(try await store.digests() == [digest])
    for name in ["x", digest.hex.uppercased(), String(digest.hex.dropLast())] {
      try squat([1], names.blobPrefix + name)
    }
    #expect(try await store.digests() == [digest], "names that are no digests are left out")
    try await store.close()
  }

  @Test("a flood of candidates under a digest is given up on, and mended by keeping the blob")
  func flood() async throws {
    let fixture = try await JetStreamFixture()
    let store = try await open(fixture)
    let client = try client(fixture)
    let digest = try await store.put([1, 2, 3])
    let other = try await store.put([4, 5, 6])
    for (digest, isFirst) in [(digest, true), (Digest(of: [7], in: store.domain), false), (other, true)] {
      for number in 0...JetStreamBlobStore.candidatesLimit {
        let body = BlobManifest(of: [UInt8(number), 9]).wireBytes
        let subject = fixture.names.blobPrefix + digest.hex
        _ = try client.publish(body, on: subject, stream: fixture.names.blobStream, messageID: nil)
      }
      if isFirst { #expect(try await store.get(digest).count == 3, "the first stays in reach") }
    }
    let buried = Digest(of: [7], in: store.domain)
    await expectFailure(.damaged, naming: buried.hex) { try await store.get(buried) }
    _ = try await store.put([7])
    #expect(try await store.get(buried) == [7])
    try await store.close()
  }

  @Test("a chunk that is gone is told from a blob that is")
  func missingChunk() async throws {
    let fixture = try await JetStreamFixture()
    let store = try await open(fixture)
    let client = try client(fixture)
    let blob = bytes(2 * BlobManifest.chunkBytes, seed: 4)
    let digest = Digest(of: blob, in: store.domain)
    await expectFailure(.missing, naming: "127.0.0.1") { try await store.get(digest) }
    _ = try client.publish(
      BlobManifest(of: blob).wireBytes, on: fixture.names.blobPrefix + digest.hex,
      stream: fixture.names.blobStream, messageID: nil)
    await expectFailure(.damaged, naming: digest.hex) { try await store.get(digest) }
    #expect(try await store.put(blob) == digest)
    #expect(try await store.get(digest) == blob)
    try await store.close()
  }

  @Test("a server that is killed amid many puts loses none that was acknowledged")
  func killedServer() async throws {
    let fixture = try await JetStreamFixture()
    let store = try await open(fixture)
    let acknowledgements = AsyncStream.makeStream(of: Void.self)
    let writer = Task {
      var kept: [Digest: Int] = [:]
      var number = 0
      while !Task.isCancelled {
        kept[try await store.put(bytes(number % 3 * 300_000 + 100, seed: UInt64(number)))] = number
        number += 1
        acknowledgements.continuation.yield()
      }
      return kept
    }
    var acknowledged = acknowledgements.stream.makeAsyncIterator()
    for round in 0..<4 {
      for _ in 0..<(3 + round) { _ = await acknowledged.next() }
      fixture.kill()
      try fixture.restart()
    }
    _ = await acknowledged.next()
    writer.cancel()
    let kept = try await writer.value
    for (digest, number) in kept {
      #expect(try await store.get(digest) == bytes(number % 3 * 300_000 + 100, seed: UInt64(number)))
    }
    #expect(try await store.digests() == kept.keys.sorted())
    try await store.close()
  }
}
