import Engines
public import Learning

/// Reads the data that settings name.
public enum DatasetLoader {
  /// The greatest length of a data file in bytes.
  public static let fileBytesLimit = 4 << 30

  /// Loads a data set.
  ///
  /// - Throws: `EngineError` for a file that cannot be read, `LearningError` for one that holds no data set.
  public static func load(_ source: DatasetSource) throws -> Dataset {
    switch source {
    case .digits: return try Digits.load()
    case .idx(let images, let labels):
      return try IDX.dataset(images: try read(images), labels: try read(labels))
    case .csv(let path, let label):
      let header: CSV.Header = if case .named = label { .present } else { .absent }
      return try CSV.dataset(try read(path), label: label, header: header)
    }
  }

  /// Loads a node's examples: a whole data set, or a share of one.
  ///
  /// - Precondition: the share is one that the plan deals, as in settings that were read from a file
  /// - Throws: as `load` of a source; `LearningError` if the share does not exist
  public static func load(_ settings: DataSettings) throws -> Dataset {
    let source = try load(settings.source)
    guard let share = settings.share else { return source }
    let dealt = try DealtData(settings.plan, of: source)
    switch share {
    case .test: return dealt.test.examples
    case .validator(let index): return dealt.references[index].examples
    case .contributor(let index): return dealt.contributors[index].examples
    }
  }

  private static func read(_ path: String) throws -> [UInt8] {
    let bytes = try FileReader.read(path, limitBytes: fileBytesLimit)
    return Gzip.isCompressed(bytes) ? try Gzip.inflate(bytes) : bytes
  }
}
