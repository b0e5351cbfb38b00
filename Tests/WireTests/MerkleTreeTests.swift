import Testing
import Wire
import WireSamples

@Suite struct MerkleTreeTests {
  private static let greatestCount = 70
  private static let leaves = (0..<UInt64(greatestCount + 1)).map(WireSamples.digest)

  /// RFC 9162, section 2.1.1, word for word, with this format's hashes.
  private func top(of leaves: ArraySlice<Digest>) -> Digest {
    guard let first = leaves.first else { return .zero }
    guard leaves.count > 1 else { return first }
    var split = 1
    while split * 2 < leaves.count { split *= 2 }
    let middle = leaves.startIndex + split
    let halves = top(of: leaves[..<middle]).bytes + top(of: leaves[middle...]).bytes
    return Digest(of: halves, in: HashDomain("trib.merkle.node"))
  }

  @Test func hasTheShapeOfRFC9162() {
    for count in 0...Self.greatestCount {
      let leaves = Self.leaves[..<count]
      let tree = MerkleTree(leaves: Array(leaves))
      let sized = [UInt8(count), 0, 0, 0, 0, 0, 0, 0] + top(of: leaves).bytes
      #expect(tree.root == Digest(of: sized, in: HashDomain("trib.merkle.root")), "\(count) leaves")
      #expect(tree.count == count)
    }
  }

  @Test func everyLeafIsProved() throws {
    for count in 0...Self.greatestCount {
      let tree = MerkleTree(leaves: Array(Self.leaves[..<count]))
      for index in 0..<count {
        let proof = try #require(tree.proof(at: index))
        #expect(proof.proves(Self.leaves[index], in: tree.root), "leaf \(index) of \(count)")
        #expect(proof.index == UInt64(index) && proof.count == UInt64(count))
        #expect(try MerkleProof(wireBytes: proof.wireBytes, limit: 4096) == proof)
      }
      #expect(tree.proof(at: count) == nil)
      #expect(tree.proof(at: -1) == nil)
    }
  }

  @Test func noOtherLeafIsProved() throws {
    for count in 1...Self.greatestCount {
      let tree = MerkleTree(leaves: Array(Self.leaves[..<count]))
      for index in 0..<count {
        let proof = try #require(tree.proof(at: index))
        for other in [index + 1, (index + 7) % (count + 1), count] where other != index {
          #expect(!proof.proves(Self.leaves[other], in: tree.root), "leaf \(other) for \(index) of \(count)")
        }
        #expect(!proof.proves(Self.leaves[index], in: WireSamples.digest(1 << 40)))
      }
    }
  }

  @Test func noOtherPlaceIsProved() throws {
    for count in 1...24 {
      let tree = MerkleTree(leaves: Array(Self.leaves[..<count]))
      for index in 0..<count {
        let proof = try #require(tree.proof(at: index))
        for place in 0...UInt64(count) where place != proof.index {
          let moved = MerkleProof(index: place, count: proof.count, path: proof.path)
          #expect(!moved.proves(Self.leaves[index], in: tree.root), "\(index) as \(place) of \(count)")
        }
      }
    }
  }

  @Test func aChangedPathProvesNothing() throws {
    for count in [2, 3, 5, 7, 64, 69, 70] {
      let tree = MerkleTree(leaves: Array(Self.leaves[..<count]))
      for index in 0..<count {
        let proof = try #require(tree.proof(at: index))
        for path in changes(of: proof.path) {
          let changed = MerkleProof(index: proof.index, count: proof.count, path: path)
          #expect(!changed.proves(Self.leaves[index], in: tree.root), "\(index) of \(count), \(path)")
        }
      }
    }
  }

  private func changes(of path: [Digest]) -> [[Digest]] {
    var result = [path + [.zero], Array(path.dropLast()), Array(path.dropFirst())]
    if path.count > 1, path.first != path.last { result.append(path.reversed()) }
    for index in path.indices {
      var changed = path
      changed[index] = WireSamples.digest(UInt64(1 << 32 + index))
      result.append(changed)
    }
    return result
  }

  /// The last leaf of five has the path of the last leaf of two, so only the root can tell the two apart.
  @Test func noOtherCountIsProved() throws {
    for count in 1...24 {
      let tree = MerkleTree(leaves: Array(Self.leaves[..<count]))
      for index in 0..<count {
        let proof = try #require(tree.proof(at: index))
        for other in Array(0...32) + [.max] as [UInt64] where other != proof.count {
          for place in Set([proof.index, other &- 1, 0, 1]) {
            let changed = MerkleProof(index: place, count: other, path: proof.path)
            #expect(!changed.proves(Self.leaves[index], in: tree.root), "\(index) of \(count) as \(other)")
          }
        }
      }
    }
  }

  @Test func leavesAndNodesAreHashedApart() {
    let (left, right) = (WireSamples.digest(1), WireSamples.digest(2))
    let node = Digest(of: left.bytes + right.bytes, in: HashDomain("trib.merkle.node"))
    let twoLeaves = MerkleTree(leaves: [left, right])
    #expect(MerkleTree.leaf(left.bytes + right.bytes) != node)
    #expect(MerkleTree(leaves: [node]).root != twoLeaves.root)
    #expect(MerkleTree(leaves: [.zero]).root != MerkleTree(leaves: []).root)
  }

  @Test func hostileNumbersEndQuickly() {
    let leaf = Self.leaves[0]
    for (index, count) in [(0, UInt64.max), (.max, .max), (.max - 1, .max), (0, 0)] as [(UInt64, UInt64)] {
      for length in [0, 63, 64] {
        let proof = MerkleProof(index: index, count: count, path: [Digest](repeating: leaf, count: length))
        #expect(!proof.proves(leaf, in: leaf), "index \(index), count \(count), path of \(length)")
      }
    }
  }

  @Test func limitsThePath() throws {
    let path = [Digest](repeating: .zero, count: MerkleProof.pathLimit)
    let greatest = MerkleProof(index: 1, count: .max, path: path)
    #expect(try MerkleProof(wireBytes: greatest.wireBytes, limit: 4096) == greatest)
    let longer = MerkleProof(index: 1, count: .max, path: path + [.zero])
    let error = #expect(throws: WireError.self) { try MerkleProof(wireBytes: longer.wireBytes, limit: 4096) }
    #expect(error?.code == .limitExceeded)
  }
}
