import JSON5
import Learning
import Numerics
import Settings
import Simulation
import WireSamples

extension FuzzTargets {
  /// Checkpoints in safetensors: what is taken is finite, and comes out again.
  static let weights = FuzzTarget(
    "weights",
    layouts.map { name, layout in
      let values = (0..<layout.count).map { Float($0) / 8 - 1 }
      let files: [(String, [UInt8]?)] = [
        ("plain", try? Safetensors.encode(values, layout: layout)),
        ("described", try? Safetensors.encode(values, layout: layout, metadata: [("version", "7\u{e9}\n")])),
      ]
      return FuzzTarget.Choice(
        seeds: files.compactMap { variant, bytes in bytes.map { .init(name: "\(name).\(variant)", bytes: $0) }
        }
      ) { input in
        guard let weights = try? Safetensors.decode(input, layout: layout) else {
          return Safetensors.mistakes(in: input, layout: layout).isEmpty
            ? .wrong("a file is refused in which no mistake is found") : .refused
        }
        guard weights.allSatisfy(\.isFinite), let again = try? Safetensors.encode(weights, layout: layout),
          (try? Safetensors.decode(again, layout: layout)) == weights
        else { return .wrong("weights do not survive another file") }
        return .accepted
      }
    })

  private static let layouts: [(String, ParameterLayout)] = [
    ("layers", [("layer.weight", [3, 2]), ("layer.bias", [3]), ("scale", [])]), ("one", [("w", [1])]),
  ].compactMap { name, tensors in (try? ParameterLayout(tensors)).map { (name, $0) } }

  /// Files of settings.
  static let settings = FuzzTarget(
    "settings",
    [
      choice("gateway", GatewaySettings.self, GatewaySettings.documented),
      choice("validator", ValidatorSettings.self, ValidatorSettings.documented),
      choice("contributor", ContributorSettings.self, ContributorSettings.documented),
      choice("network", NetworkSettings.self, NetworkSettings.documented),
      choice("task", TaskSettings.self, TaskSettings.documented),
      choice("evaluation", EvaluationSettings.self, EvaluationSettings.documented),
      choice("scenario", Scenario.self, Scenario.documentedDefault),
      choice("tournament", TournamentGrid.self, TournamentGrid.documentedDefault),
    ])

  private static func choice<File: SettingsFile & SendableMetatype>(
    _ name: String, _ type: File.Type, _ text: String
  ) -> FuzzTarget.Choice {
    .init(
      seeds: [
        .init(name: name, bytes: Array(text.utf8)), .init(name: "\(name).empty", bytes: Array("{}".utf8)),
      ]
    ) { input in
      guard let draft = try? File.draft(json5: input, name: "file") else { return .refused }
      if draft.isFaultless { return .accepted }
      return draft.error.description.isEmpty ? .wrong("a file is refused without a word") : .refused
    }
  }

  /// Examples in IDX and CSV, and gzip around them.
  static let datasets = FuzzTarget(
    "datasets",
    [
      .init(seeds: [
        .init(name: "images", bytes: [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8, 7, 6])
      ]) {
        input in
        guard let tensor = try? IDX.parse(input) else { return .refused }
        return tensor.shape.reduce(1, *) == tensor.values.count ? .accepted : .wrong("values go missing")
      },
      .init(seeds: [.init(name: "table", bytes: Array("a,kind,\"b\"\n1.5,0,-2e3\r\n\"0.25\",1,7\n".utf8))]) {
        input in
        guard let data = try? CSV.dataset(input, label: .named("kind"), header: .present) else {
          return .refused
        }
        return data.features.allSatisfy(\.isFinite) && data.count == data.labels.count
          ? .accepted : .wrong("a data set has values that are not finite, or no label for each example")
      },
      .init(
        seeds: [
          .init(
            name: "gzip",
            bytes: [
              0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x4C, 0x4A, 6, 0, 0xC2, 0x41, 0x24, 0x35, 3, 0, 0, 0,
            ])
        ]
      ) { input in
        guard let output = try? Gzip.inflate(input, limitBytes: 1 << 16) else { return .refused }
        return output.count <= 1 << 16 ? .accepted : .wrong("more comes out than the limit")
      },
    ])
}
