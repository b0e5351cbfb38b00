import Aggregation
import Foundation
import Numerics
import Updates
import Wire

/// What a process of its own measures on one window, and hands to `JudgingBenchmarks` as JSON.
struct JudgingFigures: Codable {
  /// The command that measures one window: updates, parameters.
  static let command = "judging-window"

  /// The seconds of each stage on one core, by name: those for which the core ran it.
  var stageSeconds: [String: Double] = [:]
  /// The seconds to unpack every value, and no more.
  var unpackSeconds = 0.0
  /// The threads of the next figure.
  var threads = 1
  /// The seconds of a whole judgement on as many threads as there are cores.
  var threadedSeconds = 0.0
  /// What the encoded updates take in memory.
  var payloadBytes = 0.0
  /// The most memory that the process has held, from its start.
  var peakBytes = 0.0

  private static let labelCount = 10
  /// As many published steps as a judge remembers, to tell replays by.
  private static let stepCount = 8
  private static let runs = 3

  /// Runs the command if the arguments ask for it.
  static func answer(_ arguments: [String]) throws -> Bool {
    guard arguments.first == command else { return false }
    guard arguments.count == 3, let updates = Int(arguments[1]), let parameters = Int(arguments[2]) else {
      throw BenchmarkError("\(command) takes a number of updates and a number of parameters")
    }
    let figures = try JudgingFigures(updateCount: updates, parameterCount: parameters)
    FileHandle.standardOutput.write(try JSONEncoder().encode(figures))
    return true
  }

  /// Judges a window whose encoded packets stay in memory throughout, as at a validator.
  private init(updateCount: Int, parameterCount: Int) throws {
    BLAS.setThreads(1)
    let encoded = try JudgingSample.packets(count: updateCount, parameterCount: parameterCount)
    let before = try Machine.memoryBytes("VmRSS")
    let start = Stopwatch.coreSeconds
    let packets = try encoded.map { try Packet(wireBytes: $0, limit: UpdateLimits.messageBytesLimit) }
    let decoded = Stopwatch.coreSeconds
    stageSeconds["decode"] = decoded - start
    payloadBytes = try Machine.memoryBytes("VmRSS") - before
    JudgingSample.unpack(packets)
    unpackSeconds = Stopwatch.coreSeconds - decoded
    let roots = try RootUpdates(
      (0..<Self.labelCount).map {
        SampleUpdates.direction(seed: UInt64($0), parameterCount: parameterCount)
      })
    let input = JudgingSample.input(packets, roots: roots, parameterCount: parameterCount)
    let judge = JudgingSample.judge(stepCount: Self.stepCount, parameterCount: parameterCount)
    measureStages(input, judge)
    threads = ProcessInfo.processInfo.activeProcessorCount
    threadedSeconds = Stopwatch.medianSeconds(runs: 1) { Self.judge(input, judge, threads: threads) }
    peakBytes = try Machine.memoryBytes("VmHWM")
    Stopwatch.keep(encoded.count)
  }

  /// Takes the median time of every stage over a few judgements on one thread.
  private mutating func measureStages(_ input: JudgingInput, _ judge: Judge) {
    var times: [String: [Double]] = [:]
    for _ in 0..<Self.runs {
      var fresh = judge
      var last = Stopwatch.coreSeconds
      let judgements = fresh.judge(input) { stage in
        times[stage.rawValue, default: []].append(Stopwatch.coreSeconds - last)
        last = Stopwatch.coreSeconds
      }
      Stopwatch.keep(judgements.count)
    }
    for (stage, seconds) in times { stageSeconds[stage] = Stopwatch.median(seconds) }
  }

  private static func judge(_ input: JudgingInput, _ judge: Judge, threads: Int) {
    var fresh = judge
    Stopwatch.keep(fresh.judge(input, threads: threads).count)
  }
}
