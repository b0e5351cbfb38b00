/// The division of a flat vector into chunks of `UpdateLimits.chunkParameterCount` consecutive parameters.
public struct ChunkGrid: Sendable, Hashable {
  /// The length of the vector.
  public let parameterCount: Int

  /// Divides a vector of at least one parameter.
  public init(parameterCount: Int) {
    precondition(parameterCount > 0, "a vector has at least one parameter")
    self.parameterCount = parameterCount
  }

  /// The number of chunks.
  public var chunkCount: Int {
    (parameterCount - 1) / UpdateLimits.chunkParameterCount + 1
  }

  /// The parameters of one chunk.
  public func parameters(inChunk chunk: Int) -> Range<Int> {
    parameters(inChunks: chunk..<chunk + 1)
  }

  /// The parameters of consecutive chunks.
  public func parameters(inChunks chunks: Range<Int>) -> Range<Int> {
    precondition(chunks.lowerBound >= 0 && chunks.upperBound <= chunkCount, "the vector has no such chunks")
    let size = UpdateLimits.chunkParameterCount
    let upper = min(chunks.upperBound * size, parameterCount)
    return min(chunks.lowerBound * size, upper)..<upper
  }

  /// The number of values that a chunk of this many parameters keeps: its share of a whole chunk's, rounded
  /// up.
  static func quota(keptPerChunk: Int, parameterCount: Int) -> Int {
    let size = UpdateLimits.chunkParameterCount
    return (keptPerChunk * parameterCount + size - 1) / size
  }
}
