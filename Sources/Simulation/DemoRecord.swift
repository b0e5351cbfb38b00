import Aggregation
import Foundation
import Settings

/// What a demo left: the run under attack, the runs to compare it with, and every figure that is printed.
///
/// It is what `summary.json` holds and what the report draws.
public struct DemoRecord: Sendable, Codable {
  /// The scenario, in the numbers that a reader wants beside the results.
  public struct Summary: Sendable, Codable {
    /// The report's title.
    public var title: String
    /// Decides everything that chance decided.
    public var seed: UInt64
    /// How many validators judged.
    public var validators: Int
    /// How many contributors trained.
    public var contributors: Int
    /// Of them, hostile ones.
    public var hostile: Int
    /// How many windows were asked for.
    public var windows: Int
    /// How many updates closed a window.
    public var windowSize: Int
    /// The model's canonical name.
    public var model: String
    /// How many parameters the model has.
    public var parameters: Int
    /// The data, in words.
    public var data: String
    /// How they were dealt out, in words.
    public var partition: String
    /// How many examples accuracy was measured on.
    public var testExamples: Int
  }

  /// The scenario.
  public let summary: Summary
  /// The run under attack.
  public let run: RunRecord
  /// The same without attackers, if it was made.
  public let cleanRun: RunRecord?
  /// The same attack under plain averaging, if it was made.
  public let averagingRun: RunRecord?
  /// The hexadecimal root that a replay of the whole log arrived at; empty if none was made.
  public let auditedRoot: String
  /// The time that the whole demo took, in seconds of the wall clock.
  public let wallSeconds: Double
  /// Every figure that the demo prints, computed from the runs.
  public let figures: DemoFigures

  /// Puts runs side by side and computes the figures.
  ///
  /// - Parameters:
  ///   - summary: the scenario.
  ///   - run: the run under attack.
  ///   - cleanRun: the same without attackers.
  ///   - averagingRun: the same attack under plain averaging.
  ///   - auditedRoot: the root that an audit of the log found, in hexadecimal; empty without an audit.
  ///   - wallSeconds: the time that the whole demo took, in seconds.
  public init(
    summary: Summary, run: RunRecord, cleanRun: RunRecord? = nil, averagingRun: RunRecord? = nil,
    auditedRoot: String = "", wallSeconds: Double = 0
  ) {
    self.summary = summary
    self.run = run
    self.cleanRun = cleanRun
    self.averagingRun = averagingRun
    self.auditedRoot = auditedRoot
    self.wallSeconds = wallSeconds
    figures = DemoFigures(run: run, cleanRun: cleanRun, averagingRun: averagingRun)
  }

  /// The record as indented JSON with sorted keys. Numbers that are not finite are written as strings.
  public func json() throws -> [UInt8] {
    Array(try RecordJSON.encoder(isIndented: true).encode(self))
  }

  /// Reads what `json` wrote.
  public init(json: [UInt8]) throws {
    self = try RecordJSON.decoder.decode(Self.self, from: Foundation.Data(json))
  }
}

extension DemoRecord.Summary {
  /// Describes a scenario.
  ///
  /// - Parameters:
  ///   - scenario: the scenario.
  ///   - title: the report's title.
  ///   - parameters: how many parameters its model has.
  public init(_ scenario: Scenario, title: String, parameters: Int) {
    self.title = title
    seed = scenario.seed
    validators = scenario.validators.count
    contributors = scenario.contributors.count
    hostile = scenario.contributors.hostileCount
    windows = scenario.windows
    windowSize = Int(scenario.merge.windowSize)
    model = scenario.model
    self.parameters = parameters
    data = scenario.data.source.title
    partition = scenario.data.partition.title
    testExamples = scenario.testExamples
  }
}
