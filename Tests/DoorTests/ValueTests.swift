import Ledger
import Testing
import Wire

@testable import Agents
@testable import Door

/// The door's small values.
struct ValueTests {
  @Test func boundedMemoryKeepsWhatWasSetLast() {
    var memory = BoundedMemory<Int, Int>(limit: 10)
    for key in 0..<1_000 { memory.set(key, key * 2) }
    #expect(memory.count == 10 && memory.cost == 10)
    for key in 990..<1_000 { #expect(memory[key] == key * 2) }
    memory.set(990, 1)
    memory.set(1_000, 0)
    #expect(memory[990] == 1 && memory[991] == nil, "setting again makes young")
    memory.set(5, 5, cost: 11)
    #expect(memory[5] == nil && memory.count == 10)
    memory.set(6, 6, cost: 10)
    #expect(memory.count == 1 && memory[6] == 6 && memory.cost == 10)
    for round in 0..<1_000 { memory.set(round % 3, round, cost: 1) }
    #expect(memory.count <= 4 && memory.cost <= 10)
    #expect((0..<3).allSatisfy { memory[$0] != nil })
  }

  @Test func theShelfLendsWhatItMayAndTakesAllBack() {
    let digests = (0..<3).map { Digest(of: [UInt8($0)], in: .blob) }
    let bytes = [UInt8](repeating: 7, count: 60)
    var shelf = BlobShelf(lentBytesLimit: 100, recentBytesLimit: 60)
    let readers = [
      shelf.lend(digests[0], bytes), shelf.lend(digests[0], bytes), shelf.lend(digests[1], bytes),
    ]
    #expect(readers == [true, true, false] && shelf.lentBytes == 60)
    shelf.takeBack(digests[0])
    #expect(shelf.lentBytes == 60 && shelf[digests[0]] == bytes)
    shelf.takeBack(digests[0])
    shelf.takeBack(digests[0])
    #expect(shelf.lentBytes == 0 && shelf[digests[0]] == nil)
    let isLent = shelf.lend(digests[1], bytes + bytes)
    #expect(isLent && shelf.lentBytes == 120, "a blob over the limit is lent alone")
    shelf.keep(digests[2], bytes)
    shelf.keep(digests[0], bytes)
    #expect(shelf[digests[2]] == nil && shelf[digests[0]] == bytes && shelf.recentBytes == 60)
  }

  @Test func base64OfHeadersHasOneSpelling() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 251) }
      #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }
    for text in ["a", "A=", "AA==", "A A", "+/", "Zh", "ä", "AAAA\n"] {
      #expect(Base64URL.decode(text) == nil, "\(text)")
    }
  }

  @Test func everyRefusalHasAStatusAndSaysWhatToDo() {
    let all = Refusal.allCases.map(GatewayRefusal.rules)
    for refusal in all {
      #expect((400..<500).contains(refusal.status), "\(refusal.code)")
      #expect(refusal.description.contains("; "), "\(refusal.code) names no remedy")
    }
    #expect(Set(all.map(\.description)).count == all.count)
    #expect(GatewayRefusal.engine("x").status == 503)
  }
}
