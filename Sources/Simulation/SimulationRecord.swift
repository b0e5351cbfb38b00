import Foundation

/// What `tributary simulate` leaves: a run in memory, its figures, and what it cost.
///
/// It is what `simulation.json` holds and what the report draws. All but `cost` and the run's `wallSeconds`
/// follows from the scenario, whatever the machine and however many threads it had.
public struct SimulationRecord: Sendable, Codable {
  /// What the run cost on this machine.
  public struct Cost: Sendable, Codable {
    /// Updates that contributors trained and sent.
    public var clientRounds: Int
    /// Of them, those in a second of the wall clock.
    public var clientRoundsPerSecond: Double
    /// The time that the run took once contributors had their data and keys, in seconds of the wall clock.
    public var wallSeconds: Double
    /// The time before, in seconds of the wall clock: data are dealt out, and keys derived.
    public var setupSeconds: Double
    /// How many trainings ran at a time.
    public var threads: Int
    /// The seconds for which cores computed, all together.
    public var coreSeconds: Double
    /// Of them, those of contributors' training.
    public var trainingCoreSeconds: Double
    /// The part of the cores' time that went into contributors' training, 0...1.
    public var trainingShare: Double
    /// What contributors added to the resident memory, a contributor: its data, keys, residual and packets,
    /// and what gateway, validators and log remember of it.
    public var bytesPerContributor: Int
    /// The most memory that the process had, in bytes.
    public var peakBytes: Int
  }

  /// The scenario.
  public let summary: DemoRecord.Summary
  /// The run.
  public let run: RunRecord
  /// Every figure that is printed of it.
  public let figures: DemoFigures
  /// What it cost.
  public let cost: Cost

  init(summary: DemoRecord.Summary, run: RunRecord, cost: Cost) {
    self.summary = summary
    self.run = run
    self.cost = cost
    figures = DemoFigures(run: run, cleanRun: nil, averagingRun: nil)
  }

  /// The greatest length of a record's file in bytes.
  public static let fileBytesLimit = 1 << 30

  /// The record as indented JSON with sorted keys. Numbers that are not finite are written as strings.
  public func json() throws -> [UInt8] {
    Array(try RecordJSON.encoder(isIndented: true).encode(self))
  }

  /// Reads what `json` wrote.
  public init(json: [UInt8]) throws {
    self = try RecordJSON.decoder.decode(Self.self, from: Foundation.Data(json))
  }
}
