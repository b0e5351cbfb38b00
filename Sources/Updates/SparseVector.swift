/// The non-zero values of a flat vector, in the order of their indices.
public struct SparseVector: Sendable, Hashable {
  /// The length of the vector.
  public let parameterCount: Int
  /// The indices of the non-zero values, ascending.
  public let indices: [UInt32]
  /// The values in quanta, as many as there are indices.
  public let values: [Int32]

  /// Puts indices and values together.
  ///
  /// - Parameters:
  ///   - parameterCount: the length of the vector
  ///   - indices: ascending, each below the length
  ///   - values: as many as there are indices, none of them zero
  public init(parameterCount: Int, indices: [UInt32], values: [Int32]) {
    precondition(indices.count == values.count, "every index has a value")
    precondition(indices.last.map { $0 < parameterCount } ?? true, "an index lies past the end of the vector")
    self.parameterCount = parameterCount
    self.indices = indices
    self.values = values
  }
}
