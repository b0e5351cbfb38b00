import Numerics
import Testing

@testable import Simulation

/// A device's own time, held to a clock that ticks through its windows.
struct AvailabilityTests {
  @Test func handComputedWindows() {
    // Open at 0...3, 10...13, 20...23, and so on.
    let device = Availability(periodSeconds: 10, openSeconds: 3, phaseSeconds: 0)
    #expect(device.isOpen(at: 0) && device.isOpen(at: 2.5) && !device.isOpen(at: 3) && device.isOpen(at: 11))
    #expect(device.opening(from: 2) == 2 && device.opening(from: 4) == 10 && device.opening(from: 20) == 20)
    #expect(device.end(of: 2, from: 0) == 2)
    #expect(device.end(of: 3, from: 0) == 3)
    #expect(device.end(of: 4, from: 0) == 11)
    #expect(device.end(of: 4, from: 2) == 13)
    #expect(device.end(of: 1, from: 5) == 11)
    #expect(device.end(of: 8, from: 1) == 23)
    #expect(Availability.always.end(of: 4.25, from: 7.5) == 11.75)
    let shifted = Availability(periodSeconds: 10, openSeconds: 3, phaseSeconds: 9)
    #expect(!shifted.isOpen(at: 0) && shifted.opening(from: 0) == 1 && shifted.end(of: 4, from: 0) == 12)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func workTakesAsMuchOpenTimeAsItNeeds(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for draw in 0..<200 {
      let period = 1 + 20 * random.uniform()
      let device = Availability(
        periodSeconds: period, openSeconds: period * (0.05 + 0.9 * random.uniform()),
        phaseSeconds: period * random.uniform())
      let (start, work) = (100 * random.uniform(), 60 * random.uniform())
      let end = device.end(of: work, from: start)
      #expect(abs(openSeconds(of: device, start, end) - work) < 1e-6, "seed \(seed), draw \(draw)")
      let opening = device.opening(from: start)
      #expect(opening >= start && device.isOpen(at: opening), "seed \(seed), draw \(draw)")
      #expect(device.end(of: work + 0.5, from: start) >= end + 0.5 - 1e-9, "seed \(seed), draw \(draw)")
    }
  }

  /// How long the windows are open in a stretch of time, window by window.
  private func openSeconds(of device: Availability, _ start: Double, _ end: Double) -> Double {
    var sum = 0.0
    var opening = -device.phaseSeconds
    while opening < end {
      sum += max(0, min(end, opening + device.openSeconds) - max(start, opening))
      opening += device.periodSeconds
    }
    return sum
  }
}
