import Agents
import Door
import Engines
import EnginesTestKit
import Foundation
import Glibc
import HTTP
import Ledger
import Wire

/// A gateway as a process of its own, so that its memory is nobody else's.
final class GatewayProcess {
  /// The command that runs a gateway on a network's folder, and on the JetStream servers at these addresses
  /// if there are any. It prints its port once it listens, and ends with its standard input.
  static let command = "load-gateway"

  let port: UInt16
  private let process = Process()
  private let input = Pipe()

  /// Starts a gateway, and returns once it has applied the log and listens.
  init(_ folder: NetworkFolder, natsAddresses: [String] = []) throws {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    process.executableURL = URL(fileURLWithPath: own)
    process.arguments = [Self.command, folder.path] + natsAddresses
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    guard let line = String(bytes: output.fileHandleForReading.availableData, encoding: .utf8),
      let port = UInt16(line.trimmingCharacters(in: .newlines))
    else { throw BenchmarkError("the gateway did not start") }
    self.port = port
  }

  /// A line of the kernel's account of its memory, in bytes.
  func memoryBytes(_ name: String) throws -> Double {
    try Machine.memoryBytes(name, of: "\(process.processIdentifier)")
  }

  /// The seconds for which cores have run it so far.
  func coreSeconds() throws -> Double { try Machine.coreSeconds(of: "\(process.processIdentifier)") }

  /// Ends the gateway, and waits until it is gone.
  func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Runs the command if the arguments ask for it.
  static func answer(_ arguments: [String]) async throws -> Bool {
    guard arguments.first == command else { return false }
    guard arguments.count >= 2 else { throw BenchmarkError("\(command) takes a network's folder") }
    let folder = NetworkFolder(arguments[1])
    let genesis = try folder.genesis()
    let log: any LogEngine
    let blobs: any BlobStore
    if arguments.count > 2 {
      let servers = try NatsCluster.servers(Array(arguments[2...]), as: .gateway)
      log = try await JetStreamLog.open("\(folder.path)/copy", network: genesis.network, servers: servers)
      blobs = try await JetStreamBlobStore.open(network: genesis.network, servers: servers)
    } else {
      log = try await folder.openLog(genesis.network, access: .readWrite)
      blobs = try await folder.openBlobs(access: .readWrite)
    }
    let door = try await Door.open(genesis, log: log, blobs: blobs, configuration)
    FileHandle.standardOutput.write(Data("\(door.port)\n".utf8))
    await inputEnd()
    await door.close()
    try await log.close()
    try await blobs.close()
    return true
  }

  /// Waits for the end of standard input, on a thread of its own: the pool's are for the gateway.
  private static func inputEnd() async {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        while readLine() != nil {}
        continuation.resume()
      }
    }
  }

  /// The defaults, but for what one address gets: the whole crowd comes from one.
  private static var configuration: DoorConfiguration {
    var configuration = DoorConfiguration()
    configuration.server.limits.connectionsPerAddress = configuration.server.limits.connections
    configuration.limits.burstRequests = .greatestFiniteMagnitude
    return configuration
  }
}
