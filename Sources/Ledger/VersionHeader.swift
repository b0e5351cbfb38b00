public import Wire

/// What a version is: everything that its root covers, and the place in the log where it was decided.
public struct VersionHeader: Sendable, Hashable {
  private static let domain = HashDomain("trib.version")

  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The version's number; the first weights are version 0.
  public let version: UInt64
  /// The root of the version before; zero for version 0.
  public let previousRoot: Digest
  /// The digest of the merge plan that made the version; zero for version 0.
  public let plan: Digest
  /// The blob with the step from the version before; zero for version 0.
  public let step: Digest
  /// The Merkle root over the weights' chunks.
  public let parametersRoot: Digest
  /// The Merkle root over the server residual's chunks.
  public let residualRoot: Digest
  /// The Merkle root over all accounts, when the plan was decided.
  public let accountsRoot: Digest
  /// The number of log records up to and with the one that decided the plan.
  public let logLength: UInt64
  /// The digest of the log's hash chain there.
  public let logChain: Digest
  /// The epoch of the validators that decided the plan, and whose certificate makes the version final.
  public let epoch: UInt64
  /// The digest of the validators in force after the version: those of `epoch`, or another set of the epoch
  /// after it.
  public let nextValidators: Digest

  /// Creates a header.
  public init(
    network: Digest, task: Digest, version: UInt64, previousRoot: Digest, plan: Digest, step: Digest,
    parametersRoot: Digest, residualRoot: Digest, accountsRoot: Digest, logLength: UInt64, logChain: Digest,
    epoch: UInt64, nextValidators: Digest
  ) {
    self.network = network
    self.task = task
    self.version = version
    self.previousRoot = previousRoot
    self.plan = plan
    self.step = step
    self.parametersRoot = parametersRoot
    self.residualRoot = residualRoot
    self.accountsRoot = accountsRoot
    self.logLength = logLength
    self.logChain = logChain
    self.epoch = epoch
    self.nextValidators = nextValidators
  }

  /// The same header with the digests that only a merge gives.
  public func with(step: Digest, parametersRoot: Digest, residualRoot: Digest) -> VersionHeader {
    VersionHeader(
      network: network, task: task, version: version, previousRoot: previousRoot, plan: plan, step: step,
      parametersRoot: parametersRoot, residualRoot: residualRoot, accountsRoot: accountsRoot,
      logLength: logLength, logChain: logChain, epoch: epoch, nextValidators: nextValidators)
  }

  /// The version's root. It covers the state and how it came about, and not the log's order: updates that
  /// arrive in another order within their window lead to the same root. The attestation covers the whole
  /// header.
  public var root: Digest {
    var hasher = DigestHasher(in: Self.domain)
    for digest in [network, task] { hasher.update(digest) }
    hasher.update(version)
    for digest in [previousRoot, plan, step, parametersRoot, residualRoot, accountsRoot] {
      hasher.update(digest)
    }
    hasher.update(epoch)
    hasher.update(nextValidators)
    return hasher.finish()
  }
}

extension VersionHeader: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "VersionHeader"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.uint64(version, field: 3)
    writer.digest(previousRoot, field: 4)
    writer.digest(plan, field: 5)
    writer.digest(step, field: 6)
    writer.digest(parametersRoot, field: 7)
    writer.digest(residualRoot, field: 8)
    writer.digest(accountsRoot, field: 9)
    writer.uint64(logLength, field: 10)
    writer.digest(logChain, field: 11)
    writer.uint64(epoch, field: 12)
    writer.digest(nextValidators, field: 13)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    version = try reader.uint64(3)
    previousRoot = try reader.digest(4)
    plan = try reader.digest(5)
    step = try reader.digest(6)
    parametersRoot = try reader.digest(7)
    residualRoot = try reader.digest(8)
    accountsRoot = try reader.digest(9)
    logLength = try reader.uint64(10)
    logChain = try reader.digest(11)
    epoch = try reader.uint64(12)
    nextValidators = try reader.digest(13)
  }
}
