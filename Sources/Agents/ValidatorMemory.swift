public import Aggregation
public import Wire

/// What a validator keeps of a task, to go on from after a restart: the model at a final version, and what
/// its judge remembers.
public struct ValidatorMemory: Sendable {
  /// The network, so that a folder of another one is told apart.
  public let network: Digest
  /// The model with the server's residual.
  public let state: ModelState
  /// The judge after the version's window.
  public let judge: Judge

  /// Puts a memory together.
  public init(network: Digest, state: ModelState, judge: Judge) {
    self.network = network
    self.state = state
    self.judge = judge
  }
}

extension ValidatorMemory: WireMessage {
  /// The name in the schema.
  public static let wireName = "ValidatorMemory"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.message(state, field: 2)
    writer.message(judge, field: 3)
  }

  /// Reads the fields; what the judge remembers is about models of this length.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    state = try reader.message(2, maximumByteCount: ModelState.bytesLimit)
    judge = try reader.message(3)
    guard judge.fits(parameterCount: state.model.weights.count) else {
      throw reader.fault(.invalidValue, field: 3, "the judge remembers a model of another length")
    }
  }
}
