import Aggregation
import Engines
import Foundation
import Learning
import Numerics
import Settings
import Wire

/// Writes what other software needs to run a tournament's cells on the same data: who holds which examples,
/// who attacks, and the first weights.
///
/// The manifest has a digest of each file, and one of the examples that its indices stand for, so that
/// whoever reads it can check that they train on the same numbers to the bit.
public struct SplitExport: Sendable {
  /// The manifest's name in its folder.
  public static let manifestName = "manifest.json"

  private static let format = "tributary-split-1"
  private static let digestDomain = HashDomain("trib.split")

  private let grid: TournamentGrid

  /// An export of a grid's splits, one a skew and seed.
  public init(_ grid: TournamentGrid) {
    self.grid = grid
  }

  /// Writes the manifest, and a folder a split.
  ///
  /// - Parameter path: the folder, which is made if it is not there
  /// - Throws: `LearningError`, `EngineError` for a file that cannot be read or written, `SimulationError` if
  ///   peers cannot train so
  public func write(to path: String) throws {
    let scenario = grid.scenario
    let dataset = try DatasetLoader.load(scenario.data.source)
    let specification = try ModelSpecification(parsing: scenario.model)
    guard case .epochs(let epochs) = scenario.training.duration else {
      throw SimulationError("peers train by epochs; name training.epochs in place of steps")
    }
    var splits: [Manifest.Split] = []
    for seed in grid.seeds {
      for skew in grid.skews {
        try Task.checkCancellation()
        splits.append(try write(skew, seed, dataset, specification, to: path))
      }
    }
    let manifest = Manifest(
      format: Self.format, source: Manifest.Source(scenario.data.source), featureCount: dataset.featureCount,
      classCount: dataset.classCount, examples: dataset.count, model: scenario.model,
      parameters: specification.layout.count,
      training: Manifest.Training(
        epochs: epochs, batchSize: scenario.training.batchSize, learningRate: scenario.training.learningRate),
      windows: scenario.windows, windowSize: Int(scenario.merge.windowSize),
      serverLearningRate: Double(scenario.merge.serverLearningRateQ16) / SettingsLimits.q16,
      contributors: scenario.contributors.count, attacks: grid.attacks.map(\.rawValue),
      attackers: grid.attackers, splits: splits)
    let bytes = Array(try RecordJSON.encoder(isIndented: true).encode(manifest))
    try AtomicFile.write(bytes, to: path + "/" + Self.manifestName)
  }

  private func write(
    _ skew: Double, _ seed: UInt64, _ dataset: Dataset, _ specification: ModelSpecification, to path: String
  ) throws -> Manifest.Split {
    let folder = "skew-\(skew)-seed-\(seed)"
    let place = path + "/" + folder
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let honest = grid.scenario(grid.defaultRule, nil, skew: skew, attackers: 0, seed: seed)
    let data = try DealtData(try DealingPlan(honest), of: dataset)
    func write(_ part: DealtData.Part, as name: String) throws -> Manifest.Part {
      let words = part.indices.map { Int32(truncatingIfNeeded: $0) }
      let file = try Self.write(Kernels.littleEndianBytes(of: words[...]), as: name, to: place)
      return Manifest.Part(
        file: name, count: words.count, digest: file.hex,
        examplesDigest: part.examples.digest(in: Self.digestDomain).hex)
    }
    let weights = specification.initialWeights(seed: seed)
    let weightsName = "initial-weights.f32"
    let weightsFile = try Self.write(
      Kernels.littleEndianBytes(of: weights[...]), as: weightsName, to: place)
    return Manifest.Split(
      skew: skew, seed: seed, folder: folder, test: try write(data.test, as: "test.u32"),
      references: try data.references.enumerated().map { try write($1, as: "reference-\($0).u32") },
      contributors: try data.contributors.enumerated().map { try write($1, as: "contributor-\($0).u32") },
      initialWeights: Manifest.Weights(
        file: weightsName, count: weights.count, digest: weightsFile.hex),
      attackers: try attackers(skew, seed, data),
      trigger: Manifest.Trigger(
        features: data.trigger.features, value: data.trigger.value, target: data.trigger.target,
        share: DataPoison.triggeredShare))
  }

  /// Who attacks depends on the seed and on how many there are, whatever the attack.
  private func attackers(_ skew: Double, _ seed: UInt64, _ data: DealtData) throws -> [Manifest.Attackers] {
    guard let attack = grid.attacks.first else { return [] }
    return try grid.attackers.filter { $0 > 0 }.map { count in
      let scenario = grid.scenario(grid.defaultRule, attack, skew: skew, attackers: count, seed: seed)
      let members = try Federation(scenario, data: data, variant: .asPlanned).members
      return Manifest.Attackers(count: count, indices: members.indices.filter { !members[$0].isHonest })
    }
  }

  private static func write(_ bytes: [UInt8], as name: String, to folder: String) throws -> Digest {
    try AtomicFile.write(bytes, to: folder + "/" + name)
    return Digest(of: bytes, in: digestDomain)
  }

  /// What `manifest.json` holds.
  private struct Manifest: Encodable {
    struct Source: Encodable {
      var kind: String
      var images: String?
      var labels: String?
      var path: String?

      init(_ source: DatasetSource) {
        switch source {
        case .digits: kind = "digits"
        case .idx(let images, let labels): (kind, self.images, self.labels) = ("idx", images, labels)
        case .csv(let path, _): (kind, self.path) = ("csv", path)
        }
      }
    }

    struct Training: Encodable {
      var epochs: Int
      var batchSize: Int
      var learningRate: Double
    }

    /// Examples: little-endian 32-bit indices into the source.
    struct Part: Encodable {
      var file: String
      var count: Int
      var digest: String
      var examplesDigest: String
    }

    /// Little-endian Float32 in the order of the model's tensors.
    struct Weights: Encodable {
      var file: String
      var count: Int
      var digest: String
    }

    struct Attackers: Encodable {
      var count: Int
      var indices: [Int]
    }

    /// A backdoor's trigger: what features are set to what, on which share of an attacker's examples, and the
    /// class that these get.
    struct Trigger: Encodable {
      var features: [Int]
      var value: Float
      var target: Int32
      var share: Double
    }

    struct Split: Encodable {
      var skew: Double
      var seed: UInt64
      var folder: String
      var test: Part
      var references: [Part]
      var contributors: [Part]
      var initialWeights: Weights
      var attackers: [Attackers]
      var trigger: Trigger
    }

    var format: String
    var source: Source
    var featureCount: Int
    var classCount: Int
    var examples: Int
    var model: String
    var parameters: Int
    var training: Training
    var windows: Int
    var windowSize: Int
    var serverLearningRate: Double
    var contributors: Int
    var attacks: [String]
    var attackers: [Int]
    var splits: [Split]
  }
}
