/// What can be wrong with flat vectors, or with a description of one.
public enum NumericsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A layout without any tensor describes no model.
  case emptyLayout
  /// There are more tensors than `ParameterLayout.maximumTensors`.
  case tooManyTensors(count: Int, limit: Int)
  /// A tensor's name is empty, or longer than `ParameterLayout.maximumNameBytes`.
  case invalidTensorName(name: String, limitBytes: Int)
  /// Two tensors share one name.
  case duplicateTensorName(String)
  /// A shape has more than `ParameterLayout.maximumRank` dimensions.
  case rankTooLarge(tensor: String, rank: Int, limit: Int)
  /// A dimension is zero or negative.
  case dimensionNotPositive(tensor: String, dimension: Int, size: Int)
  /// The tensors up to this one hold more than `ParameterLayout.maximumParameters` values.
  case tooManyParameters(tensor: String, limit: Int)
  /// A batch has no vectors, or vectors without values.
  case emptyBatch(count: Int, dimension: Int)
  /// A batch has more vectors than `VectorBatch.maximumCount`.
  case tooManyVectors(count: Int, limit: Int)
  /// A batch does not hold as many values as its shape says.
  case wrongValueCount(count: Int, dimension: Int, values: Int)
  /// A vector of a batch is not as long as the first one.
  case unequalVectors(vector: Int, count: Int, expected: Int)
  /// The system gave no shared memory.
  case noSharedMemory(bytes: Int, reason: String)

  /// What is wrong, where, and what to do about it.
  public var description: String {
    switch self {
    case .emptyLayout:
      "the layout names no tensor; give it at least one"
    case .tooManyTensors(let count, let limit):
      "the layout names \(count) tensors, and the limit is \(limit); join small tensors into larger ones"
    case .invalidTensorName(let name, let limitBytes):
      "the tensor name \"\(name.prefix(64))\" must have 1 to \(limitBytes) bytes of UTF-8"
    case .duplicateTensorName(let name):
      "two tensors are named \"\(name)\"; give every tensor its own name"
    case .rankTooLarge(let tensor, let rank, let limit):
      "tensor \"\(tensor)\" has \(rank) dimensions, and the limit is \(limit)"
    case .dimensionNotPositive(let tensor, let dimension, let size):
      "dimension \(dimension) of tensor \"\(tensor)\" is \(size); every dimension must be at least 1"
    case .tooManyParameters(let tensor, let limit):
      "the tensors up to \"\(tensor)\" hold more than the limit of \(limit) parameters"
    case .emptyBatch(let count, let dimension):
      "a batch of \(count) vectors of \(dimension) values holds nothing; give it at least one of each"
    case .tooManyVectors(let count, let limit):
      "the batch has \(count) vectors, and the limit is \(limit); reduce them in several batches"
    case .wrongValueCount(let count, let dimension, let values):
      "\(count) vectors of \(dimension) values were announced, and \(values) values given"
    case .unequalVectors(let vector, let count, let expected):
      "vector \(vector) has \(count) values, and vector 0 has \(expected); all must have one length"
    case .noSharedMemory(let bytes, let reason):
      "there is no shared memory of \(bytes) bytes: \(reason); free memory, or raise the limit on open files"
    }
  }
}
