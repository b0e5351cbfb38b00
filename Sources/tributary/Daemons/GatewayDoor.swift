import Door
import HTTP
import Ledger
import Services
import Settings
import Wire

extension Door {
  /// Opens a gateway's door as settings say, tells where it is, and closes it once the task is cancelled.
  static func serve(
    _ genesis: Genesis, _ engines: NodeEngines, _ listen: ListenSettings, _ journal: Journal,
    _ configure: (inout DoorConfiguration) -> Void = { _ in }
  ) async throws {
    var configuration = DoorConfiguration()
    configuration.server.address = listen.address
    configuration.server.port = listen.port
    configuration.server.allowsExposedPlaintext = listen.behindProxy
    if let certificate = listen.certificate, let key = listen.certificateKey {
      configuration.server.tls = TLSFiles(certificateChain: certificate, privateKey: key)
    }
    configure(&configuration)
    let door = try await open(genesis, log: engines.log, blobs: engines.blobs, configuration)
    let host = listen.address.contains(":") ? "[\(listen.address)]" : listen.address
    let url = "\(listen.certificate == nil ? "http" : "https")://\(host):\(door.port)"
    Console.line("listening on \(url)")
    journal.write(.info, "listening", ["url": url, "network": genesis.network.hex])
    while (try? await Task.sleep(for: .seconds(3_600))) != nil {}
    await door.close()
  }
}
