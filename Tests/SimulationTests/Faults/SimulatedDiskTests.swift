import Numerics
import Testing

@testable import Simulation

@Suite struct SimulatedDiskTests {
  private static let trials = 200

  @Test func aCrashTearsWhatWasAppendedAndNotSynced() {
    var random = SeededRandom(seed: 1)
    var lengths: Set<Int> = []
    for _ in 0..<Self.trials {
      var disk = SimulatedDisk()
      disk.apply(.append(file: "a", [1, 2]))
      disk.sync("a")
      disk.apply(.append(file: "a", [3, 4]))
      #expect(disk["a"] == [1, 2, 3, 4])
      disk.crash(using: &random)
      let left = disk["a"] ?? []
      #expect([1, 2, 3, 4].starts(with: left))
      lengths.insert(left.count)
    }
    #expect(lengths == [2, 3, 4])
  }

  @Test func aReplacedFileIsTheOldOneOrTheNewOne() {
    var random = SeededRandom(seed: 2)
    var found: Set<[UInt8]> = []
    for _ in 0..<Self.trials {
      var disk = SimulatedDisk()
      disk.put("a", [1, 2, 3])
      disk.apply(.replace(file: "a", [4, 5]))
      disk.crash(using: &random)
      found.insert(disk["a"] ?? [])
    }
    #expect(found == [[1, 2, 3], [4, 5]])
  }

  @Test func whatWasSyncedStays() {
    var random = SeededRandom(seed: 3)
    for _ in 0..<Self.trials {
      var disk = SimulatedDisk()
      disk.apply(.replace(file: "a", [1]))
      disk.apply(.append(file: "b", [2]))
      for name in disk.names { disk.sync(name) }
      disk.crash(using: &random)
      #expect(disk["a"] == [1] && disk["b"] == [2])
    }
  }

  @Test func aDiskThatSyncsLateLosesWhatItAcknowledged() {
    var random = SeededRandom(seed: 4)
    var losses = 0
    for _ in 0..<Self.trials {
      var disk = SimulatedDisk()
      disk.syncsLate = true
      for byte: UInt8 in 1...2 {
        disk.apply(.append(file: "a", [byte]))
        disk.sync("a")
      }
      disk.crash(using: &random)
      #expect(disk["a"]?.first == 1)
      if disk["a"] == [1] { losses += 1 }
    }
    #expect(losses > 0 && losses < Self.trials)
  }

  @Test func oneBitFlipsOfAFileThatMaySpoil() {
    var random = SeededRandom(seed: 5)
    var disk = SimulatedDisk()
    disk.put("0/a", [0, 0])
    disk.put("1/a", [0, 0])
    disk.flipBit(using: &random) { BlobServer.maySpoil($0) }
    #expect(disk["1/a"] == [0, 0])
    #expect((disk["0/a"] ?? []).reduce(0) { $0 + $1.nonzeroBitCount } == 1)
  }

  @Test func linksLoseDoubleAndCut() {
    let (here, there) = (NodeID.log, NodeID(role: .gateway, index: 0))
    var links = SimulatedLinks(
      .init(lostPerMille: 200, doubledPerMille: 300, delaySeconds: 1), random: SeededRandom(seed: 6))
    let delays = (0..<2_000).map { _ in links.delays(from: here, to: there) }
    #expect((300..<500).contains(delays.count { $0.isEmpty }))
    #expect((380..<580).contains(delays.count { $0.count == 2 }))
    #expect(delays.joined().allSatisfy { (0.005..<1.005).contains($0) })
    links.islands = [[there]]
    #expect((0..<100).allSatisfy { _ in links.delays(from: here, to: there).isEmpty })
  }
}
