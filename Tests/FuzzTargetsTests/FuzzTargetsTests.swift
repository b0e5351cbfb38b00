import Foundation
import FuzzTargets
import Numerics
import Testing

struct FuzzTargetsTests {
  private static func corpus(_ target: FuzzTarget) throws -> [String: [UInt8]] {
    let corpora = try #require(Bundle.module.url(forResource: "Corpora", withExtension: nil))
    let folder = corpora.appendingPathComponent(target.name)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, Array(try Data(contentsOf: folder.appendingPathComponent($0)))) }
    )
  }

  @Test(arguments: FuzzTargets.all.map(\.name)) func seedsAreThoseInTheRepository(_ name: String) throws {
    let target = try #require(FuzzTargets.all.first { $0.name == name })
    let seeds = Dictionary(uniqueKeysWithValues: target.seeds.map { ($0.name, $0.bytes) })
    #expect(seeds.count == target.seeds.count)
    #expect(
      try Self.corpus(target) == seeds,
      "run: swift run fuzz-seeds Tests/FuzzTargetsTests/Corpora")
  }

  @Test(arguments: FuzzTargets.all.map(\.name)) func everySeedIsTaken(_ name: String) throws {
    let target = try #require(FuzzTargets.all.first { $0.name == name })
    for seed in target.seeds where !seed.name.hasSuffix(".empty") {
      #expect(target.outcome(of: seed.bytes) == .accepted, "\(seed.name)")
    }
    #expect(target.outcome(of: []) == .refused)
  }

  @Test(arguments: FuzzTargets.all.map(\.name)) func changedSeedsAreNeverTakenWrongly(_ name: String) throws {
    let target = try #require(FuzzTargets.all.first { $0.name == name })
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    var refused = 0
    for _ in 0..<400 {
      var input = target.seeds[random.integer(below: target.seeds.count)].bytes
      for _ in 0...random.integer(below: 3) where input.count > 1 {
        let place = 1 + random.integer(below: input.count - 1)
        switch random.integer(below: 3) {
        case 0: input[place] ^= 1 << UInt8(random.integer(below: 8))
        case 1: input.remove(at: place)
        default: input.insert(UInt8(random.integer(below: 256)), at: place)
        }
      }
      switch target.outcome(of: input) {
      case .wrong(let finding): Issue.record("\(name), seed \(seed): \(finding): \(input)")
      case .refused: refused += 1
      case .accepted: break
      }
    }
    #expect(refused > 0, "\(name), seed \(seed): nothing is ever refused")
  }
}
