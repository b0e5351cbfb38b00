import Aggregation
import JSON5
import Settings

extension TournamentGrid {
  /// The default grid as JSON5, with a comment on every field. Reading it gives the default grid.
  public static var documentedDefault: String {
    let grid = TournamentGrid()
    let scenario = grid.scenario
    return """
      // The grid of a tournament. Every field may be left out; unknown fields are refused.
      {
        // What all runs have in common: any field that 'tributary demo --print-scenario' shows, except for
        // those that the lists set: seed, data.partition, contributors.hostile, merge.toleratedBasisPoints.
        scenario: {
          validators: { count: \(scenario.validators.count) },
          referenceExamplesPerValidator: \(scenario.referenceExamplesPerValidator),
          testExamples: \(scenario.testExamples),
          contributors: { count: \(scenario.contributors.count), devices: { slowness: 1 } },
          // IDX files such as MNIST's are { idx: { images: path, labels: path } }.
          data: { source: "digits" },
          model: \(JSON5Text.quoted(scenario.model)),
          training: {
            \(scenario.training.duration.documented),
            batchSize: \(scenario.training.batchSize),
            learningRate: \(scenario.training.learningRate),
          },
          windows: \(scenario.windows),
          // A window that needs fewer updates than there are contributors waits for nobody. The rule named
          // here is the one that the others, and peers, are held against.
          merge: { windowSize: \(scenario.merge.windowSize), rule: "\(scenario.merge.rule.name)" },
        },

        // The rules that merge. Those that have to be told how many attackers to expect are told the truth.
        rules: [
      \(grid.rules.map { "    \"\($0.name)\"," }.joined(separator: "\n"))
        ],

        // What attackers do, all of them the same in one run.
        attacks: [
      \(grid.attacks.map { "    \"\($0.rawValue)\",  // \($0.explanation)" }.joined(separator: "\n"))
        ],

        // Dirichlet's alpha over labels: the smaller, the less alike the contributors' data.
        skews: [\(list(grid.skews))],

        // How many contributors attack. With 0 there is one run a rule, not one an attack.
        attackers: [\(list(grid.attackers))],

        // Each seed decides data, keys, first weights and attackers, whatever the rule.
        seeds: [\(list(grid.seeds))],
      }

      """
  }

  private static func list(_ values: [some CustomStringConvertible]) -> String {
    values.map(\.description).joined(separator: ", ")
  }
}
