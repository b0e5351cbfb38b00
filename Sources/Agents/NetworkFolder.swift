public import Engines
public import Ledger
public import Wire

/// A network at rest: one folder with the genesis, the log, the blobs and the keys of whoever runs in it,
/// sealed by a manifest.
///
/// ```
/// genesis            the network's start, in the wire format
/// log.sqlite         the log
/// blobs/             packets, steps and first weights, named by their digests
/// keys/              one key file a validator, contributor or author, mode 0600
/// MANIFEST           the seal over all of it
/// ```
public struct NetworkFolder: Sendable {
  /// The folder.
  public let path: String

  /// Names a folder, which need not exist yet.
  public init(_ path: String) {
    self.path = path
  }

  /// The genesis file.
  public var genesisPath: String { path + "/genesis" }
  /// The log's database.
  public var logPath: String { path + "/log.sqlite" }
  /// The blobs' folder.
  public var blobsPath: String { path + "/blobs" }
  /// The keys' folder.
  public var keysPath: String { path + "/keys" }

  /// Reads the genesis.
  ///
  /// - Throws: `AgentError.network` that names the file.
  public func genesis() throws(AgentError) -> Genesis { try GenesisFile.read(genesisPath) }

  /// Writes the genesis.
  ///
  /// - Throws: `AgentError.network` that names the file.
  public func write(_ genesis: Genesis) throws(AgentError) {
    try GenesisFile.write(genesis, to: genesisPath)
  }

  /// Opens the log.
  public func openLog(_ network: Digest, access: StoreAccess) async throws(EngineError) -> SQLiteLog {
    try await SQLiteLog.open(logPath, network: network, access: access)
  }

  /// Opens the blobs.
  public func openBlobs(access: StoreAccess) async throws(EngineError) -> FileBlobStore {
    try await FileBlobStore.open(blobsPath, access: access)
  }
}
