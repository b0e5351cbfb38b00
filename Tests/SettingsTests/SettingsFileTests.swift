import JSON5
import Learning
import Ledger
import Testing

@testable import Settings

@Suite struct SettingsFileTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func whatIsDocumentedIsTheDefault() throws {
    #expect(try TaskSettings(json5: bytes(TaskSettings.documented), name: "task") == TaskSettings())
    #expect(try GatewaySettings(json5: bytes(GatewaySettings.documented), name: "g") == GatewaySettings())
    var validator = ValidatorSettings()
    validator.data.share = .validator(0)
    #expect(try ValidatorSettings(json5: bytes(ValidatorSettings.documented), name: "v") == validator)
    var contributor = ContributorSettings()
    contributor.data.share = .contributor(0)
    #expect(try ContributorSettings(json5: bytes(ContributorSettings.documented), name: "c") == contributor)
    var network = NetworkSettings()
    network.validators = [.init(key: "validator-0.key", units: 1_000)]
    network.allocations = [.init(key: "author.key", units: 20_000_000)]
    #expect(try NetworkSettings(json5: bytes(NetworkSettings.documented), name: "network") == network)
    // What is commented out is a field all the same.
    let whole = GatewaySettings.documented.split(separator: "\n").map { line in
      line.contains(": \"") || line.contains(": [")
        ? line.replacing("// ", with: "", maxReplacements: 1) : line
    }
    let settings = try GatewaySettings(
      json5: bytes(whole.filter { !$0.contains("servers: []") }.joined(separator: "\n")), name: "gateway")
    #expect(
      settings.engine.servers.count == 2 && settings.key != nil && settings.listen.certificateKey != nil)
  }

  @Test(arguments: [
    ("{ listen: { certificate: 'x' } }", "gateway:1:"),
    ("{ listen: { port: 65536 } }", "listen.port is 65536"),
    ("{ engine: { server: 'x' } }", "did you mean 'engine.servers'?"),
    ("{ engine: 'x' }", "must be an object"),
    ("{ engine: { servers: [1] } }", "engine.servers[0] is a number; it must be a string"),
  ])
  func aGatewaysMistakesAreNamed(text: String, expected: String) {
    let error = #expect(throws: SettingsError.self) {
      try GatewaySettings(json5: bytes(text), name: "gateway")
    }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    ("{ validators: [{ stakeUnits: 3 }] }", "validators[0].key is missing"),
    ("{ validators: [{ key: 'x' }] }", "validators[0].stakeUnits is missing"),
    ("{ validators: [{ key: 'x', stakeUnits: 0 }] }", "validators[0].stakeUnits is 0"),
    ("{ allocations: [{ key: 'x', stakeUnits: 3 }] }", "did you mean 'allocations[0].units'?"),
  ])
  func aNetworksMistakesAreNamed(text: String, expected: String) {
    let error = #expect(throws: SettingsError.self) {
      try NetworkSettings(json5: bytes(text), name: "network")
    }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test func aTaskNamesItsFirstWeights() async throws {
    let task = try await PreparedTask.read(
      json5: bytes("{ model: 'softmax(4,3)', seed: 9 }"), name: "task", report: { _ in })
    let specification = task.specification
    #expect(task.firstWeights == (try ModelSpecification(parsing: "softmax(4,3)")).initialWeights(seed: 9))
    #expect(specification.parameterCount == 15 && specification.trainer == .native("softmax(4,3)"))
    for text in ["{ name: '' }", "{ reward: { escrowUnits: 5 } }", "{ model: 'cnn(1)' }"] {
      #expect(throws: SettingsError.self) { try TaskSettings(json5: bytes(text), name: "task") }
    }
  }
}
