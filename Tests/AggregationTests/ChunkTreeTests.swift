import Aggregation
import Numerics
import Testing
import Wire

struct ChunkTreeTests {
  @Test func everyChunkIsProvedAndNoOther() throws {
    let seed: UInt64 = 41
    var random = SeededRandom(seed: seed)
    let weights = random.gaussianVector(count: 2 * 4_096 + 3, deviation: 1)
    let tree = ChunkTree.over(weights)
    #expect(tree.count == 3)
    let chunks = [weights[..<4_096], weights[4_096..<8_192], weights[8_192...]]
    for (index, chunk) in chunks.enumerated() {
      let proof = try #require(tree.proof(at: index))
      #expect(proof.proves(ChunkTree.leaf(chunk), in: tree.root))
      #expect(!proof.proves(ChunkTree.leaf(chunks[(index + 1) % 3]), in: tree.root))
      var changed = Array(chunk)
      changed[changed.count - 1] = changed[changed.count - 1].nextUp
      #expect(!proof.proves(ChunkTree.leaf(changed[...]), in: tree.root))
    }
  }

  @Test func leavesAreLittleEndianBytes() {
    #expect(
      ChunkTree.leaf([Int32(-2), 0x0102_0304][...]) == MerkleTree.leaf([254, 255, 255, 255, 4, 3, 2, 1]))
    #expect(ChunkTree.leaf([Float(1)][...]) == MerkleTree.leaf([0, 0, 0x80, 0x3F]))
  }

  @Test func zerosOfBothSignsDiffer() {
    #expect(ChunkTree.over([Float(0)]).root != ChunkTree.over([-Float(0)]).root)
  }
}
