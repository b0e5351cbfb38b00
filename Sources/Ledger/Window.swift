import Aggregation
public import Wire

/// An update that reached a window.
public struct WindowUpdate: Sendable, Hashable {
  /// The packet's digest.
  public let packet: Digest
  /// Who submitted it.
  public let contributor: PublicKey
  /// The version that it starts from.
  public let baseVersion: UInt64
  /// The log position of its commitment: who came first.
  public let committedAt: UInt64
  /// The digest of the content key that the packet opens with; zero if it is plain.
  public let keyDigest: Digest
}

/// The updates of a window, in the order of their arrival, with what is asked about them.
struct WindowIntake: Sendable, Equatable {
  private(set) var updates: [WindowUpdate] = []
  private var packets: Set<Digest> = []
  private var counts: [PublicKey: Int] = [:]

  /// Whether a packet is among the updates.
  func holds(_ packet: Digest) -> Bool { packets.contains(packet) }

  /// How many of the updates are a contributor's.
  func count(of contributor: PublicKey) -> Int { counts[contributor] ?? 0 }

  /// Takes in an update.
  mutating func append(_ update: WindowUpdate) {
    updates.append(update)
    packets.insert(update.packet)
    counts[update.contributor, default: 0] += 1
  }
}

/// The window that collects updates while the one before is judged.
struct CollectingWindow: Sendable, Equatable {
  let index: UInt64
  var intake = WindowIntake()
  var seedCommitments: [PublicKey: Digest] = [:]
}

/// A window that has closed, on its way to the next version.
struct ClosedWindow: Sendable, Equatable {
  /// Where the window stands.
  enum Phase: Sendable, Equatable {
    /// Validators reveal their secrets.
    case drawingSeed(secrets: [PublicKey: Digest])
    /// Validators judge the updates and commit to their rows.
    case judging(seed: Digest)
    /// Validators reveal their rows.
    case revealing(seed: Digest)
    /// The plan is decided; validators recompute the version and attest it.
    case attesting(Decision)
  }

  let index: UInt64
  let intake: WindowIntake
  /// By ascending digest.
  let updates: [WindowUpdate]
  let seedCommitments: [PublicKey: Digest]
  /// Those in force when the window closed. The window is theirs to its end: they draw the seed, judge,
  /// decide and make the version final, and sealed packets are sealed to them.
  let validators: ValidatorSet
  var phase: Phase = .drawingSeed(secrets: [:])
  /// Who judges the window; nil if all validators do.
  var committee: Electorate?
  /// How many committees were drawn before.
  var round: UInt64 = 0
  /// Who has asked for another committee.
  var redraws: Set<PublicKey> = []
  /// Who has withheld rows of earlier rounds.
  var defaulters: Set<PublicKey> = []
  /// What validators bound themselves to before the first row was revealed.
  var rowCommitments: [PublicKey: Digest] = [:]
  var rows: [PublicKey: Assessment] = [:]

  init(closing window: CollectingWindow, by validators: ValidatorSet) {
    self.validators = validators
    index = window.index
    intake = window.intake
    updates = window.intake.updates.sorted { $0.packet < $1.packet }
    seedCommitments = window.seedCommitments
  }
}

/// What the validation matrix came to, and the attestations since.
struct Decision: Sendable, Equatable {
  let plan: MergePlan
  let cells: [Assessment.Cell]
  let weights: [UInt16]
  let accountsRoot: Digest
  let logLength: UInt64
  let logChain: Digest
  /// The digest of the set that the version's validators hand over to: their own if they name none.
  let nextValidators: Digest
  var attestations: [PublicKey: CreditedAttestation] = [:]
  var headers: [PublicKey: VersionHeader] = [:]
}

/// What a validator's part in judging a window is worth.
struct RowRating: Sendable, Equatable {
  /// Of `MatrixConsensus.wholeAgreement`.
  let agreement: UInt64
  /// What its row missed of the consensus; nil for one that had no seat on the committee.
  let missed: UInt64?
}

extension RowRating {
  /// Whoever had no seat on the committee could not judge, and has half an agreement for recomputing.
  static let recomputed = RowRating(agreement: MatrixConsensus.wholeAgreement / 2, missed: nil)

  /// Holds a row against the consensus.
  ///
  /// - Parameter news: of each update
  init(of row: Assessment, in cells: [Assessment.Cell], news: [UInt64]) {
    self.init(
      agreement: MatrixConsensus.agreement(of: row, with: cells),
      missed: Insight.missed(by: row, of: cells, news: news))
  }
}

/// How the matrix of a window is reduced: by weighted median, cell by cell.
enum MatrixConsensus {
  /// Reduces the rows to one cell an update.
  ///
  /// An update is admitted if more than half of the weight that voted admits it. Trust and clip are medians
  /// over all rows, where a rejection counts as zero trust. The reason given is the one with the most weight
  /// behind it, with the median measure and limit of those who gave it.
  static func cells(rows: [(row: Assessment, weight: UInt64)], count: Int) -> [Assessment.Cell] {
    (0..<count).map { index in
      let votes = rows.map { (cell: $0.row.cells[index], weight: $0.weight) }
      let admits = votes.map { (value: $0.cell.verdict.isAdmit ? 1 : 0, weight: $0.weight) }
      guard WeightedVote.median(admits) == 1 else { return rejection(votes) }
      let trusts = votes.map {
        (value: $0.cell.verdict.isAdmit ? $0.cell.trust : 0, weight: $0.weight)
      }
      let clips = votes.map { (value: $0.cell.verdict.isAdmit ? $0.cell.clip : 0, weight: $0.weight) }
      return Assessment.Cell(
        verdict: .admit, trust: WeightedVote.median(trusts) ?? 0, clip: WeightedVote.median(clips) ?? 0)
    }
  }

  private static func rejection(
    _ votes: [(cell: Assessment.Cell, weight: UInt64)]
  ) -> Assessment.Cell {
    let codes = votes.filter { !$0.cell.verdict.isAdmit }.map {
      (value: $0.cell.verdict.code, weight: $0.weight)
    }
    let verdict = WeightedVote.plurality(codes).flatMap(Verdict.init(code:)) ?? .admit
    let agreeing = votes.filter { $0.cell.verdict == verdict }
    func median(_ value: (Assessment.Cell) -> Int64) -> Int64 {
      WeightedVote.median(agreeing.map { (value: value($0.cell), weight: $0.weight) }) ?? 0
    }
    return Assessment.Cell(
      verdict: verdict, trust: 0, clip: 0, measured: median(\.measured), limit: median(\.limit))
  }

  /// The agreement of a row that is the consensus.
  static let wholeAgreement: UInt64 = 65_535

  /// How well a row agrees with the consensus: `wholeAgreement` in every cell is perfect.
  ///
  /// A cell with the other verdict counts nothing; one with the same counts the less, the further its trust
  /// is off.
  static func agreement(of row: Assessment, with cells: [Assessment.Cell]) -> UInt64 {
    guard !cells.isEmpty else { return 0 }
    let sum = zip(row.cells, cells).reduce(UInt64(0)) { sum, pair in
      guard pair.0.verdict.isAdmit == pair.1.verdict.isAdmit else { return sum }
      let distance = abs(Int64(pair.0.trust) - Int64(pair.1.trust))
      return sum + wholeAgreement - UInt64(pair.1.verdict.isAdmit ? distance : 0)
    }
    return sum / UInt64(cells.count)
  }
}
