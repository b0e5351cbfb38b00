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

    /// What a rejection's check measured, in the unit of the reason's `quantity`; zero if admitted.
    public let measured: Int64
    /// What `measured` was held against, in the same unit; zero if admitted.
    public let limit: Int64

    /// The trust in the update, or zero if it is rejected.
    package var score: UInt64 { verdict.isAdmit ? UInt64(trust) : 0 }

    /// Creates a cell; only a rejection's numbers are written.
    public init(verdict: Verdict, trust: UInt16, clip: UInt16, measured: Int64 = 0, limit: Int64 = 0) {
      self.verdict = verdict
      self.trust = trust
      self.clip = clip
      self.measured = measured
      self.limit = limit
    }

    /// Takes a validator's finding into the integers of the log.
    public init(_ judgement: Judgement) {
      let quantity: Quantity =
        if case .reject(let reason) = judgement.verdict { reason.quantity } else { .nothing }
      self.init(
        verdict: judgement.verdict, trust: judgement.trust, clip: judgement.clip,
        measured: quantity.number(judgement.measured), limit: quantity.number(judgement.limit))
    }
  }

  /// The score of a cell that trusts its update fully.
  static let wholeScore: UInt64 = 65_535

  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The window: the version that it starts from.
  public let window: UInt64
  /// One cell for each update of the window, by ascending digest.
  public let cells: [Cell]
  /// 32 secret bytes that kept the row's commitment from being guessed at.
  public let salt: Digest
  /// How many committees were drawn for the window before the one that judges it; zero without committees.
  public let round: UInt64

  /// Creates a row.
  public init(network: Digest, task: Digest, window: UInt64, cells: [Cell], salt: Digest, round: UInt64 = 0) {
    self.network = network
    self.task = task
    self.window = window
    self.cells = cells
    self.salt = salt
    self.round = round
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
    let rejections = cells.filter { !$0.verdict.isAdmit }
    writer.packedSigned(rejections.map(\.measured), field: 7)
    writer.packedSigned(rejections.map(\.limit), field: 8)
    writer.digest(salt, field: 9)
    writer.uint64(round, field: 10)
  }

  /// Reads the fields; the first three columns have a value for each update, the last two for each rejection.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    window = try reader.uint64(3)
    let codes = try reader.bytes(4, maximumCount: Limits.updatesPerWindow)
    let trusts = try reader.packed(5, maximumCount: Limits.updatesPerWindow)
    let clips = try reader.packed(6, maximumCount: Limits.updatesPerWindow)
    let rejections = codes.count { $0 != Verdict.admit.code }
    var measures = try reader.packedSigned(7, maximumCount: rejections)[...]
    var limits = try reader.packedSigned(8, maximumCount: rejections)[...]
    salt = try reader.digest(9)
    round = try reader.uint64(10)
    guard trusts.count == codes.count, clips.count == codes.count else {
      throw reader.fault(.invalidValue, field: 6, "verdicts, trusts and clips differ in number")
    }
    guard measures.count == rejections, limits.count == rejections else {
      throw reader.fault(.invalidValue, field: 8, "rejections, measures and limits differ in number")
    }
    var cells: [Cell] = []
    for (index, code) in codes.enumerated() {
      guard let verdict = Verdict(code: code) else {
        throw reader.fault(.invalidValue, field: 4, "there is no verdict \(code)")
      }
      guard let trust = UInt16(exactly: trusts[index]), let clip = UInt16(exactly: clips[index]) else {
        throw reader.fault(.invalidValue, field: 5, "a trust or a clip exceeds 65,535")
      }
      guard case .reject(let reason) = verdict else {
        cells.append(Cell(verdict: verdict, trust: trust, clip: clip))
        continue
      }
      let (measured, limit) = (measures.removeFirst(), limits.removeFirst())
      guard reason.quantity.range.contains(measured), reason.quantity.range.contains(limit) else {
        throw reader.fault(
          .invalidValue, field: 7, "a measure or a limit of \(reason.name) is out of its range")
      }
      cells.append(Cell(verdict: verdict, trust: trust, clip: clip, measured: measured, limit: limit))
    }
    self.cells = cells
  }
}
