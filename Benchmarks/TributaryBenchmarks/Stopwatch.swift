/// Medians of repeated runs: the only way in which benchmarks take the time.
enum Stopwatch {
  /// The median time of a run in seconds, after one run that is not counted.
  static func medianSeconds(runs: Int = 9, _ body: () -> Void) -> Double {
    body()
    return median((0..<runs).map { _ in seconds(body) })
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

  private static func seconds(_ body: () -> Void) -> Double {
    ContinuousClock().measure(body) / .seconds(1)
  }

  private static func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }
}
