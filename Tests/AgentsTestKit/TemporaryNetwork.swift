public import Agents
import Engines
import Foundation
public import Wire

/// A network's folder that is removed with all that it holds when the last reference to it goes.
public final class TemporaryNetwork: Sendable {
  /// The folder.
  public let folder: NetworkFolder

  /// Makes an empty folder.
  public init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("tributary-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    folder = NetworkFolder(url.path)
  }

  /// Writes a group's network, and seals it if asked to.
  public convenience init(_ group: ValidatorGroup, isSealed: Bool = true) async throws {
    try self.init()
    try await group.write(to: folder)
    if isSealed { try Manifest.write(sealing: folder.path) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder.path) }
}

extension ValidatorGroup {
  /// Writes the group's network into a folder that is there.
  public func write(to folder: NetworkFolder) async throws {
    try folder.write(network.genesis)
    let log = try await folder.openLog(network.network, access: .readWrite)
    let blobs = try await folder.openBlobs(access: .readWrite)
    try await fill(log, blobs)
    try await log.close()
    await blobs.close()
  }
}

extension TemporaryNetwork {
  /// The file of a blob: whichever has the digest's digits in its path.
  public func path(ofBlob digest: Digest) throws -> String {
    let paths = FileManager.default.enumerator(atPath: folder.blobsPath)?.compactMap { $0 as? String } ?? []
    guard let path = paths.first(where: { $0.replacing("/", with: "").hasSuffix(digest.hex) }) else {
      throw ValidatorGroup.Violation(description: "there is no file of blob \(digest.hex)")
    }
    return folder.blobsPath + "/" + path
  }
}
