// A validator as `tributary validator` runs it, but for what it lies about.
//
//     LyingValidator header|equivocation CONFIG

import Agents
import Aggregation
import Engines
import Foundation
import JSON5
import Learning
import Ledger
import Services
import Settings
import Wire

func run(_ lie: LyingLog.Lie, _ path: String) async throws {
  let bytes = try FileReader.read(path, limitBytes: 1 << 20)
  let settings = try ValidatorSettings(json5: bytes, name: path)
  let genesis = try GenesisFile.read(settings.genesis)
  let key = try KeyFile.read(settings.key)
  let examples = try DatasetLoader.load(settings.data)
  let servers = NatsServers(settings.engine.servers, key: try NatsKey(of: key))
  let log = try await JetStreamLog.open(
    settings.engine.folder + "/log", network: genesis.network, servers: servers)
  let blobs = try await JetStreamBlobStore.open(network: genesis.network, servers: servers)
  let service = ValidatorService(
    key: key, secretSeed: ValidatorService.secretSeed(of: key), genesis: genesis,
    log: LyingLog(log: log, key: key, lie: lie), blobs: blobs,
    configuration: .init(folder: settings.engine.folder + "/state"),
    reference: { _, specification in
      guard let model = try specification.nativeModel else {
        throw AgentError.task("the trainer is a process")
      }
      return .init(
        whole: try NativeTrainer(model, examples),
        byGroup: try RootUpdates.trainers(for: model, reference: examples))
    }, report: { event in FileHandle.standardError.write(Data((event.json + "\n").utf8)) })
  try await service.run()
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let lie = LyingLog.Lie(rawValue: arguments[1]) else { exit(64) }
do {
  try await run(lie, arguments[2])
} catch {
  FileHandle.standardError.write(Data("LyingValidator: \(error)\n".utf8))
  exit(1)
}
