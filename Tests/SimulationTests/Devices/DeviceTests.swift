import JSON5
import Testing

@testable import Simulation

/// Devices as scenarios describe them.
struct DeviceTests {
  private func devices(_ text: String, seed: UInt64 = 7, count: Int = 50) throws -> [Device] {
    let scenario = try Scenario(
      json5: Array(
        "{ seed: \(seed), contributors: { count: \(count), hostile: {}, devices: \(text) } }".utf8),
      name: "scenario")
    return try Device.drawn(for: scenario)
  }

  @Test func theSlowestComesFirst() throws {
    let devices = try devices("{ slowness: { logNormal: { median: 3, sigma: 1 } } }")
    #expect(devices.map(\.slowness) == devices.map(\.slowness).sorted(by: >))
    #expect(devices.allSatisfy { $0.upBytesPerSecond == .infinity && $0.availability.isOpen(at: 1e6) })
    #expect(devices[0].upSeconds(1_000_000) == 0)
  }

  @Test(arguments: [1, 9] as [UInt64]) func oneFigureDoesNotMoveAnother(_ seed: UInt64) throws {
    let slowness = "slowness: { buckets: [{ from: 1, to: 2 }, { from: 50, to: 80 }] }"
    let plain = try devices("{ \(slowness) }", seed: seed)
    let linked = try devices(
      "{ \(slowness), upBytesPerSecond: { logNormal: { median: 1000, sigma: 1 } }, downBytesPerSecond: 500 }",
      seed: seed)
    #expect(plain.map(\.slowness) == linked.map(\.slowness))
    #expect(Set(linked.map(\.upBytesPerSecond)).count == 50)
    #expect(linked[3].downSeconds(1_000) == 2)
    #expect(try devices("{ \(slowness) }", seed: seed + 1).map(\.slowness) != plain.map(\.slowness))
  }

  @Test func windowsHaveTheirShareAndPhasesOfTheirOwn() throws {
    let devices = try devices("{ availability: { periodSeconds: 100, share: 0.25 } }", count: 400)
    #expect(Set(devices.map(\.availability.phaseSeconds)).count == 400)
    for moment in [0.0, 30, 77] {
      // The deviation of a binomial count is the root of 400 / 4 * 3 / 4.
      let open = devices.count { $0.availability.isOpen(at: moment) }
      #expect(abs(open - 100) < 45, "\(open) at \(moment)")
    }
  }

  @Test(
    arguments: [
      ("{ slowness: 0 }", "contributors.devices.slowness is 0.0; it must be a number from 0.001"),
      ("{ slowness: 'fast' }", "contributors.devices.slowness is a string; it must be a number"),
      ("{ slowness: {} }", "contributors.devices.slowness: it needs either logNormal or buckets"),
      ("{ slowness: { logNormal: { median: 1 } } }", "slowness.logNormal.sigma is missing"),
      ("{ slowness: { logNormal: { median: 1, sigma: 5 } } }", "slowness.logNormal.sigma is 5.0"),
      ("{ slowness: { buckets: [] } }", "contributors.devices.slowness.buckets is 0 values"),
      ("{ slowness: { buckets: [{ from: 3, to: 2 }] } }", "buckets[0].to: 2.0 is below from, which is 3.0"),
      ("{ slowness: { buckets: [{ from: 3 }] } }", "slowness.buckets[0].to is missing"),
      ("{ upBytesPerSecond: 'endless' }", "upBytesPerSecond is a string"),
      ("{ downBytesPerSecond: 0.5 }", "downBytesPerSecond is 0.5; it must be a number from 1.0"),
      ("{ availability: { share: 0 } }", "contributors.devices.availability.share is 0.0"),
      ("{ dropout: { probability: 1 } }", "contributors.devices.dropout.probability is 1.0"),
      ("{ trace: 'x.csv', upBytesPerSecond: 5 }", "contributors.devices.trace: slowness and links are"),
    ]) func mistakesAreNamed(_ text: String, _ expected: String)
  {
    let error = #expect(throws: SettingsError.self) { try devices(text) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test func aTraceIsRead() throws {
    let trace = try DeviceTrace(
      csv: Array("upBytesPerSecond,slowness\n1e3,2.5\r\n\n\"4000\",1\n".utf8), name: "trace.csv")
    #expect(trace.devices.map(\.slowness) == [2.5, 1])
    #expect(trace.devices.map(\.upBytesPerSecond) == [1_000, 4_000])
    #expect(trace.devices.allSatisfy { $0.downBytesPerSecond == .infinity })
  }

  @Test(
    arguments: [
      ("", "t.csv, line 1: the header names slowness once"),
      ("slowness\n", "t.csv: there is no device below the header"),
      ("speed\n1\n", "t.csv, line 1: there is no field 'speed'; a header names slowness, upBytes"),
      ("slowness,slowness\n1,1\n", "t.csv, line 1: the header names slowness once"),
      ("slowness,upBytesPerSecond\n1,5\n2\n", "t.csv, line 3: 1 fields, where the header has 2"),
      ("slowness\n1\nfast\n", "t.csv, line 3, field slowness: 'fast' is no number from 0.001 to 1000000.0"),
      ("slowness\n1\nnan\n", "t.csv, line 3, field slowness: 'nan' is no number"),
      (
        "slowness,upBytesPerSecond\n1,0\n", "t.csv, line 2, field upBytesPerSecond: '0' is no number from 1.0"
      ),
      ("slowness\n\"1\n", "t.csv: CSV data, line 2, column 1: a quoted field is never closed"),
    ]) func mistakesInATraceNameLineAndField(_ text: String, _ expected: String)
  {
    let mistake = #expect(throws: DeviceTrace.Mistake.self) {
      try DeviceTrace(csv: Array(text.utf8), name: "t.csv")
    }
    #expect(mistake?.description.hasPrefix(expected) == true, "\(mistake?.description ?? "")")
  }
}
