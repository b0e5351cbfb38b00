import Agents
import Door
import Engines
import Foundation
import Wire

/// `tributary model pull`: downloads a version from a gateway, verifies it, and writes it as safetensors.
enum ModelPullCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "model pull", summary: "download a version, check certificate and root, and write its weights",
    options: [
      .init(name: "--task", value: "ID", help: "whose model, where the network has several tasks"),
      .init(name: "--version", value: "N", help: "a version's number, or 'final' (final)"),
      .init(name: "--out", value: "FILE", help: "where to write (model.safetensors)"),
      .init(
        name: "--verify", value: nil,
        help: "follow every step from the author's first weights, and check every certificate; "
          + "without it, those from the newest checkpoint on"),
    ] + RemoteNetwork.options,
    example: "tributary model pull --verify --gateway https://gateway.example:8443 --out model.safetensors")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let selection = try ModelFile.selection(arguments, specification)
    let path = arguments.text("--out") ?? ModelFile.defaultPath
    let start: ModelDownload.Start = arguments.has("--verify") ? .firstWeights : .checkpoint
    let remote = try await RemoteNetwork.open(arguments)
    let task = try await remote.task(named: arguments.text("--task"))
    // What came is kept beside the output, so that the same command goes on after an interruption.
    let kept = path + ".download"
    let verified: ModelReader.Verified
    do {
      verified = try await Interruptible.run {
        let blobs = try await FileBlobStore.open(kept, access: .readWrite)
        let download = ModelDownload(remote.client, genesis: remote.genesis, keptIn: blobs)
        let verified = try await download.read(selection, of: task, from: start) { version, last in
          ProgressBar(title: "pull", total: Int(clamping: last)).show(
            Int(clamping: version), "version \(version)/\(last)")
        }
        await blobs.close()
        return verified
      }
    } catch let error where Verification.isFailure(error) {
      return Verification.report(error, "the model cannot be verified")
    }
    try ModelFile.write(verified, to: path)
    try FileManager.default.removeItem(atPath: kept)
    print(arguments.has("--json") ? ModelFile.json(verified, path) : ModelFile.text(verified, path))
    return .success
  }
}
