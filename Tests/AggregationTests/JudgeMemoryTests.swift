import Aggregation
import Numerics
import Testing
import Updates
import Wire

/// A judge that was kept and taken up again.
struct JudgeMemoryTests {
  /// Judges some windows, the second half after a restart or not, and says all that was found.
  private func findings(restartingAfter restart: Int?, windows: Int = 8) throws -> [[Judgement]] {
    var judge = Judge()
    return try (0..<windows).map { window in
      if window == restart {
        let bytes = judge.wireBytes
        judge = try Judge(wireBytes: bytes, limit: bytes.count)
        #expect(judge.wireBytes == bytes && judge.fits(parameterCount: 200))
        #expect(!judge.fits(parameterCount: 199))
      }
      var input = Support.Window()
      input.version = 5 + UInt64(window)
      // From the fifth window on, what the first ones admitted comes again: copies, replays and duplicates.
      try input.addHonest((10 * (window % 5))..<(10 * (window % 5) + 8))
      let judgements = judge.judge(try input.input(seed: window))
      judge.observe(
        Step(
          task: Support.task, version: UInt64(window + 1), payload: try Support.payload(input.honest(window)))
      )
      return judgements
    }
  }

  @Test(arguments: [1, 4, 7]) func itJudgesAsIfNothingHadHappened(_ restart: Int) throws {
    let (whole, restarted) = (try findings(restartingAfter: nil), try findings(restartingAfter: restart))
    #expect(whole == restarted)
    #expect(whole.joined().contains { $0.reason == .duplicate }, "memory matters here")
    #expect(try Judge(wireBytes: Judge().wireBytes, limit: 0).fits(parameterCount: 1))
  }
}
