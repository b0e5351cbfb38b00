public import Aggregation
public import Wire

/// One validator's row of a window's validation matrix: a verdict and a score for every update, in the order
/// of their digests.
public struct Assessment: Sendable, Hashable {
  /// One update's cell.
  public struct Cell: Sendable, Hashable {
    /// Admitted or rejected.
    public let verdict: Verdict
    /// How far the contributor is trusted: 65,535 is fully.
    public let trust: UInt16
    /// The factor that brings the update's norm within the window's limit: 65,535 leaves it as it is.
    public let clip: UInt16

    /// Creates a cell.
    public init(verdict: Verdict, trust: UInt16, clip: UInt16) {
      self.verdict = verdict
      self.trust = trust
      self.clip = clip
    }
  }

  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The window: the version that it starts from.
  public let window: UInt64
  /// One cell for each update of the window, by ascending digest.
  public let cells: [Cell]

  /// Creates a row.
  public init(network: Digest, task: Digest, window: UInt64, cells: [Cell]) {
    self.network = network
    self.task = task
    self.window = window
    self.cells = cells
  }
}

extension Assessment: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "Assessment"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.uint64(window, field: 3)
    writer.bytes(cells.map(\.verdict.code), field: 4)
    writer.packed(cells.map { UInt64($0.trust) }, field: 5)
    writer.packed(cells.map { UInt64($0.clip) }, field: 6)
  }

  /// Reads the fields; the three columns have one length.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    window = try reader.uint64(3)
    let verdicts = try reader.bytes(4, maximumCount: Limits.updatesPerWindow)
    let trusts = try reader.packed(5, maximumCount: Limits.updatesPerWindow)
    let clips = try reader.packed(6, maximumCount: Limits.updatesPerWindow)
    guard trusts.count == verdicts.count, clips.count == verdicts.count else {
      throw reader.fault(.invalidValue, field: 6, "verdicts, trusts and clips differ in number")
    }
    var cells: [Cell] = []
    for (index, code) in verdicts.enumerated() {
      guard let verdict = Verdict(code: code) else {
        throw reader.fault(.invalidValue, field: 4, "there is no verdict \(code)")
      }
      guard let trust = UInt16(exactly: trusts[index]), let clip = UInt16(exactly: clips[index]) else {
        throw reader.fault(.invalidValue, field: 5, "a trust or a clip exceeds 65,535")
      }
      cells.append(Cell(verdict: verdict, trust: trust, clip: clip))
    }
    self.cells = cells
  }
}
