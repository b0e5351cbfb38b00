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
  /// Random combinations of all values, of which one bit each is sent: without bias, but for much noise.
  ///
  /// A whole chunk has `signsPerChunk` of them, a power of two of 64...4096.
  case rotated(signsPerChunk: Int)

  /// The least number of signs of a whole chunk in a rotated form.
  static let leastSignsPerChunk = 64

  /// Reads the canonical text, such as `sparse:64`, and nothing else.
  ///
  /// - Throws: `UpdateError.unknownForm`.
  public init(parsing text: String) throws(UpdateError) {
    switch text {
    case "dense8": self = .dense8
    case "dense4": self = .dense4
    default:
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let count = Int(parts[1]) else { throw .unknownForm(text) }
      let form: PacketForm =
        parts[0] == "rotated" ? .rotated(signsPerChunk: count) : .sparse(keptPerChunk: count)
      guard form.description == text, form.isValid else { throw .unknownForm(text) }
      self = form
    }
  }

  /// Whether a sparse or a rotated form's number is one that there is. Dense forms are always valid.
  public var isValid: Bool {
    switch self {
    case .sparse(let kept): (1...UpdateLimits.chunkParameterCount).contains(kept)
    case .rotated(let signs):
      (Self.leastSignsPerChunk...UpdateLimits.chunkParameterCount).contains(signs) && signs & (signs - 1) == 0
    case .dense8, .dense4: true
    }
  }

  /// Whether what a payload leaves out is worth sending later. The errors of rotated payloads are random and
  /// cancel by themselves; fed back they would grow.
  public var takesFeedback: Bool {
    if case .rotated = self { false } else { true }
  }
}

extension PacketForm: CustomStringConvertible {
  /// The canonical text.
  public var description: String {
    switch self {
    case .sparse(let kept): "sparse:\(kept)"
    case .dense8: "dense8"
    case .dense4: "dense4"
    case .rotated(let signs): "rotated:\(signs)"
    }
  }
}
