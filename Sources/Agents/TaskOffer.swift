import Aggregation
public import Ledger
import Numerics
import Updates
public import Wire

/// A task as its author signed it: enough for anyone to take part without trusting who handed it over.
public struct TaskOffer: Sendable {
  /// The task's name: the identifier of the author's envelope.
  public let id: Digest
  /// Who opened the task.
  public let author: PublicKey
  /// What is trained, and how.
  public let specification: TaskSpecification

  /// Opens the author's envelope.
  ///
  /// - Throws: `AgentError.task` if it is not signed, for another network, or no task's creation.
  public init(opening envelope: Envelope, network: Digest) throws(AgentError) {
    do {
      try envelope.checkSignature()
      guard case .taskCreation(let creation) = try Transaction(envelope) else {
        throw AgentError.task("the envelope opens no task")
      }
      guard creation.network == network else { throw AgentError.task("the task belongs to another network") }
      specification = creation.specification
    } catch let error as AgentError {
      throw error
    } catch {
      throw .task("\(error)")
    }
    id = envelope.id
    author = envelope.signer
  }

  /// Reads the first weights from their blob.
  ///
  /// - Returns: the flat vector of version 0
  /// - Throws: `AgentError.task` if the bytes are not those that the author named, or
  ///   do not have the root that the author named.
  public func firstWeights(from blob: [UInt8]) throws(AgentError) -> [Float] {
    guard Digest(of: blob, in: .blob) == specification.firstWeights else {
      throw .task("the first weights are not the ones that the author named; fetch them again")
    }
    guard blob.count == 4 * Int(specification.parameterCount) else {
      throw .task("the first weights have \(blob.count) bytes instead of \(4 * specification.parameterCount)")
    }
    let weights = FlatWeights.decode(blob)
    guard ChunkTree.over(weights).root == specification.firstParametersRoot else {
      throw .task("the first weights do not match the root that the author named")
    }
    return weights
  }
}

/// The first weights as a blob: little-endian Float32, one after another.
public enum FlatWeights {
  /// Writes a flat vector.
  public static func encode(_ weights: [Float]) -> [UInt8] {
    Kernels.littleEndianBytes(of: weights[...])
  }

  /// Reads a flat vector; bytes beyond a multiple of four are passed over, which callers exclude by the
  /// length they expect.
  public static func decode(_ bytes: [UInt8]) -> [Float] {
    Kernels.floats(ofLittleEndian: bytes)
  }
}
