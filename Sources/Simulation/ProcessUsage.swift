import Foundation
import Glibc

/// What this process has used of the machine, as the kernel counts it.
enum ProcessUsage {
  /// The seconds for which cores have run the process.
  static var coreSeconds: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

  /// The seconds for which a core has run this thread.
  static var threadSeconds: Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// The bytes that are in memory now; 0 if the kernel does not say.
  static var residentBytes: Int { bytes("VmRSS:") }

  /// The most bytes that were in memory at a time; 0 if the kernel does not say.
  static var peakBytes: Int { bytes("VmHWM:") }

  private static func bytes(_ name: String) -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
    let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    return 1_024 * (kilobytes ?? 0)
  }
}
