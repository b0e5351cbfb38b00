/// How a payload writes its values.
public enum PacketForm: Sendable, Hashable {
  /// The largest values of each chunk, each as a sign and one of the chunk's two magnitudes.
  ///
  /// A whole chunk keeps `keptPerChunk` values, 1...4096; a shorter last one keeps its share, rounded up.
  case sparse(keptPerChunk: Int)
  /// Every value, as a code of -127...127 times the chunk's scale.
  case dense8
  /// Every value, as a code of -7...7 times the chunk's scale.
  case dense4

  /// Reads the canonical text, such as `sparse:64`, and nothing else.
  ///
  /// - Throws: `UpdateError.unknownForm`.
  public init(parsing text: String) throws(UpdateError) {
    switch text {
    case "dense8": self = .dense8
    case "dense4": self = .dense4
    default:
      let prefix = "sparse:"
      guard text.hasPrefix(prefix), let kept = Int(text.dropFirst(prefix.count)),
        Self.sparse(keptPerChunk: kept).description == text, Self.sparse(keptPerChunk: kept).isValid
      else { throw .unknownForm(text) }
      self = .sparse(keptPerChunk: kept)
    }
  }

  /// Whether a sparse form keeps between 1 and 4,096 values a chunk. Dense forms are always valid.
  public var isValid: Bool {
    guard case .sparse(let kept) = self else { return true }
    return (1...UpdateLimits.chunkParameterCount).contains(kept)
  }
}

extension PacketForm: CustomStringConvertible {
  /// The canonical text.
  public var description: String {
    switch self {
    case .sparse(let kept): "sparse:\(kept)"
    case .dense8: "dense8"
    case .dense4: "dense4"
    }
  }
}
