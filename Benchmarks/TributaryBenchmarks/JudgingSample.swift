import Aggregation
import Numerics
import Updates
import Wire

/// A window to judge: every update gets through all checks up to trust, as none is a copy and all have one
/// norm.
enum JudgingSample {
  /// Encoded packets, each by a contributor of its own.
  static func packets(count: Int, parameterCount: Int) throws -> [[UInt8]] {
    let keys = try (0..<count).map { try SampleKeys.key($0).publicKey }
    return SampleUpdates.map(count: count, parameterCount: parameterCount) { number, payload in
      Packet(task: .zero, baseVersion: 0, contributor: keys[number], sequence: 1, payload: payload).wireBytes
    }
  }

  /// The window of some packets.
  static func input(_ packets: [Packet], roots: RootUpdates, parameterCount: Int) -> JudgingInput {
    let candidates = packets.enumerated().map { number, packet in
      Candidate(
        contributor: packet.header.contributor, packetDigest: packet.digest, commitPosition: UInt64(number),
        content: .packet(packet))
    }
    return JudgingInput(
      task: .zero, version: 0, parameterCount: parameterCount, candidates: candidates, rootUpdates: roots,
      seed: Digest(of: [1], in: .blob),
      policy: MergePolicy(windowSize: UInt32(packets.count), upForm: SampleUpdates.form))
  }

  /// A judge that has seen some steps.
  static func judge(stepCount: Int, parameterCount: Int) -> Judge {
    var judge = Judge()
    guard case .sparse(let kept) = MergePolicy().downForm else { return judge }
    for number in 1...stepCount {
      let payload = SampleUpdates.payload(
        seed: .max - UInt64(number), parameterCount: parameterCount, keptPerChunk: kept)
      judge.observe(Step(task: .zero, version: UInt64(number), payload: payload))
    }
    return judge
  }

  /// Unpacks every value, a few chunks at a time, and does nothing with it.
  static func unpack(_ packets: [Packet]) {
    let chunksAtOnce = 4
    var block = ValueBlock(chunkCount: chunksAtOnce)
    for packet in packets {
      let chunkCount = packet.payload.grid.chunkCount
      for first in stride(from: 0, to: chunkCount, by: chunksAtOnce) {
        packet.payload.unpack(chunks: first..<min(first + chunksAtOnce, chunkCount), into: &block)
        Stopwatch.keep(block.count)
      }
    }
  }

  /// As many buckets as a judge's sketches have.
  private static let bucketCount = 1_024
}
