import Glibc

/// Repeated runs, and their median: the only way in which benchmarks take the time.
enum Stopwatch {
  /// The median time of a run in seconds, after one run that is not counted.
  static func medianSeconds(runs: Int = 9, _ body: () throws -> Void) rethrows -> Double {
    try body()
    return median(try (0..<runs).map { _ in try seconds(body) })
  }

  /// The median time of an asynchronous run in seconds, after one run that is not counted.
  static func medianSeconds(runs: Int = 9, _ body: () async throws -> Void) async rethrows -> Double {
    try await body()
    var times: [Double] = []
    for _ in 0..<runs { times.append(try await ContinuousClock().measure(body) / .seconds(1)) }
    return median(times)
  }

  /// The median times of two bodies whose runs alternate, so that both meet the same state of the machine.
  static func medianSeconds(
    runs: Int = 9, _ first: () -> Void, against second: () -> Void
  ) -> (first: Double, second: Double) {
    first()
    second()
    var times: (first: [Double], second: [Double]) = ([], [])
    for _ in 0..<runs {
      times.first.append(seconds(first))
      times.second.append(seconds(second))
    }
    return (median(times.first), median(times.second))
  }

  /// The same with an asynchronous first body.
  static func medianSeconds(
    runs: Int = 9, _ first: () async throws -> Void, against second: () throws -> Void
  ) async throws -> (first: Double, second: Double) {
    try await first()
    try second()
    var times: (first: [Double], second: [Double]) = ([], [])
    for _ in 0..<runs {
      times.first.append(try await ContinuousClock().measure(first) / .seconds(1))
      times.second.append(try seconds(second))
    }
    return (median(times.first), median(times.second))
  }

  /// The time of the fastest run, for what the machine can do at most.
  static func fastestSeconds(runs: Int = 9, _ body: () -> Void) -> Double {
    (0..<runs).map { _ in seconds(body) }.min() ?? .infinity
  }

  /// The median time of what is done to a state that is prepared, out of time, before every run.
  static func medianSeconds<State>(
    runs: Int = 9, preparing prepare: () -> State, _ body: (inout State) -> Void
  ) -> Double {
    median(
      (0..<runs).map { _ in
        var state = prepare()
        return seconds { body(&state) }
      })
  }

  /// The seconds for which a core has run this thread so far. Their difference is the time of work on one
  /// core, whatever else the machine is doing.
  static var coreSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(body) / .seconds(1)
  }

  static func median(_ times: [Double]) -> Double { percentile(50, of: times) }

  /// The time that so many of a hundred do not exceed; zero of none.
  static func percentile(_ percent: Int, of times: [Double]) -> Double {
    times.isEmpty ? 0 : times.sorted()[min(times.count * percent / 100, times.count - 1)]
  }

  /// Uses a result, so that the optimiser cannot leave out what made it.
  @inline(never)
  static func keep(_ value: Int) {}
}
