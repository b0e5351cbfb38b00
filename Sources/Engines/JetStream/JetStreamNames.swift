public import Wire

/// The names of a network's streams and subjects, so that networks can share a cluster.
public struct JetStreamNames: Sendable, Hashable {
  /// The stream of the log's batches.
  public let logStream: String
  /// The subject that batches are published on.
  public let logSubject: String
  /// The subject on which the server tells that a batch was stored.
  public let storedSubject: String
  /// The stream of blobs.
  public let blobStream: String
  /// What the subjects of blobs begin with.
  public let blobPrefix: String
  /// What the subjects of chunks begin with.
  public let chunkPrefix: String

  // A stream's files are named after it; half a digest keeps names short, and nobody gains by a collision.
  private static let digits = 32

  /// Names the streams of a network.
  public init(network: Digest) {
    let network = network.hex.prefix(Self.digits)
    logStream = "TRIBUTARY_\(network)_LOG"
    blobStream = "TRIBUTARY_\(network)_BLOBS"
    logSubject = "tributary.\(network).log"
    storedSubject = "tributary.\(network).stored"
    blobPrefix = "tributary.\(network).blob."
    chunkPrefix = "tributary.\(network).chunk."
  }
}
