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
    /// Validators post their rows.
    case judging(seed: Digest)
    /// The plan is decided; validators recompute the version and attest it.
    case attesting(Decision)
  }

  let index: UInt64
  let intake: WindowIntake
  /// By ascending digest.
  let updates: [WindowUpdate]
  let seedCommitments: [PublicKey: Digest]
  var phase: Phase = .drawingSeed(secrets: [:])
  var rows: [PublicKey: Assessment] = [:]

  init(closing window: CollectingWindow) {
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
  var attestations: [PublicKey: CreditedAttestation] = [:]
  var headers: [PublicKey: VersionHeader] = [:]
}

/// How the matrix of a window is reduced: by stake-weighted median, cell by cell.
enum MatrixConsensus {
  /// Reduces the rows to one cell an update.
  ///
  /// An update is admitted if more than half of the stake that voted admits it. Trust and clip are medians
  /// over all rows, where a rejection counts as zero trust. The reason given is the one with the most stake
  /// behind it, with the median measure and limit of those who gave it.
  static func cells(rows: [(row: Assessment, stakeUnits: UInt64)], count: Int) -> [Assessment.Cell] {
    (0..<count).map { index in
      let votes = rows.map { (cell: $0.row.cells[index], stakeUnits: $0.stakeUnits) }
      let admits = votes.map { (value: $0.cell.verdict.isAdmit ? 1 : 0, stakeUnits: $0.stakeUnits) }
      guard StakeWeighted.median(admits) == 1 else { return rejection(votes) }
      let trusts = votes.map {
        (value: $0.cell.verdict.isAdmit ? $0.cell.trust : 0, stakeUnits: $0.stakeUnits)
      }
      let clips = votes.map { (value: $0.cell.verdict.isAdmit ? $0.cell.clip : 0, stakeUnits: $0.stakeUnits) }
      return Assessment.Cell(
        verdict: .admit, trust: StakeWeighted.median(trusts) ?? 0, clip: StakeWeighted.median(clips) ?? 0)
    }
  }

  private static func rejection(
    _ votes: [(cell: Assessment.Cell, stakeUnits: UInt64)]
  ) -> Assessment.Cell {
    let codes = votes.filter { !$0.cell.verdict.isAdmit }.map {
      (value: $0.cell.verdict.code, stakeUnits: $0.stakeUnits)
    }
    let verdict = StakeWeighted.plurality(codes).flatMap(Verdict.init(code:)) ?? .admit
    let agreeing = votes.filter { $0.cell.verdict == verdict }
    func median(_ value: (Assessment.Cell) -> Int64) -> Int64 {
      StakeWeighted.median(agreeing.map { (value: value($0.cell), stakeUnits: $0.stakeUnits) }) ?? 0
    }
    return Assessment.Cell(
      verdict: verdict, trust: 0, clip: 0, measured: median(\.measured), limit: median(\.limit))
  }

  /// How well a row agrees with the consensus: 65,535 in every cell is perfect.
  ///
  /// A cell with the other verdict counts nothing; one with the same counts the less, the further its trust
  /// is off.
  static func agreement(of row: Assessment, with cells: [Assessment.Cell]) -> UInt64 {
    guard !cells.isEmpty else { return 0 }
    let sum = zip(row.cells, cells).reduce(UInt64(0)) { sum, pair in
      guard pair.0.verdict.isAdmit == pair.1.verdict.isAdmit else { return sum }
      let distance = abs(Int64(pair.0.trust) - Int64(pair.1.trust))
      return sum + UInt64(65_535 - (pair.1.verdict.isAdmit ? distance : 0))
    }
    return sum / UInt64(cells.count)
  }
}
