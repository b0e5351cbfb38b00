import Updates
import Wire

/// A window while it is judged: its updates in the order of their commitments, and what is known about each.
///
/// The order makes every check independent of the order in which the updates were handed in.
struct JudgedWindow {
  /// One update.
  struct Entry {
    /// Its place in the input.
    let position: Int
    let candidate: Candidate
    /// The packet, where there is one.
    let packet: Packet?
    /// The name of its values, whoever sends them; known once the form is right.
    var content: Digest?
    /// The norm in quanta; known once the update is measured.
    var norm = 0.0
    /// Its row among the window's sketches; known once the update is measured.
    var sketchRow: Int?
    /// The scaled update's dot products with the labels' scaled directions, in quanta; known once the update
    /// is measured against them.
    var labelDots: [Double] = []
    /// The scaled update's norm in quanta; known at the same time.
    var scaledNorm = 0.0
    /// The norm over the median of recent norms.
    var relativeNorm = 0.0
    /// The finding, once there is one.
    var judgement: Judgement?

    var isOpen: Bool { judgement == nil }
  }

  let input: JudgingInput
  var entries: [Entry]
  /// The sketches of what was open when it was measured.
  var sketches: SketchMatrix?

  init(_ input: JudgingInput) {
    self.input = input
    let positions = input.candidates.indices.sorted { left, right in
      let (left, right) = (input.candidates[left], input.candidates[right])
      return (left.commitPosition, left.packetDigest) < (right.commitPosition, right.packetDigest)
    }
    entries = positions.map { position in
      let candidate = input.candidates[position]
      let packet: Packet? = if case .packet(let packet) = candidate.content { packet } else { nil }
      return Entry(position: position, candidate: candidate, packet: packet)
    }
  }

  /// The entries that nothing speaks against so far.
  var openIndices: [Int] { entries.indices.filter { entries[$0].isOpen } }

  /// The findings in the order of the input. Every entry has one by now.
  var judgements: [Judgement] {
    var result = [Judgement](repeating: .rejected(.unavailable), count: entries.count)
    for entry in entries {
      if let judgement = entry.judgement { result[entry.position] = judgement }
    }
    return result
  }

  /// Leaves an update out, unless it is out already.
  mutating func reject(_ index: Int, _ reason: RejectionReason, measured: Double = 0, limit: Double = 0) {
    guard entries[index].isOpen else { return }
    entries[index].judgement = .rejected(reason, measured: measured, limit: limit)
  }
}

/// An update that an earlier window has admitted.
struct RecentUpdate: Sendable {
  let contributor: PublicKey
  let payload: Payload
}

// The checks that look at no values, cheapest first.
extension JudgedWindow {
  /// Availability, and whether the packet belongs to this task, contributor, model and time.
  mutating func checkForm() {
    for index in entries.indices {
      let candidate = entries[index].candidate
      guard let header = entries[index].packet?.header else {
        let isUnavailable = if case .unavailable = candidate.content { true } else { false }
        reject(index, isUnavailable ? .unavailable : .malformed)
        continue
      }
      if header.task != input.task { reject(index, .wrongTask) }
      if header.contributor != candidate.contributor { reject(index, .wrongContributor) }
      if header.form != input.policy.upForm { reject(index, .wrongForm) }
      if header.parameterCount != UInt64(input.parameterCount) {
        reject(
          index, .wrongShape, measured: Double(header.parameterCount), limit: Double(input.parameterCount))
      }
      checkBase(index, header.baseVersion)
    }
  }

  private mutating func checkBase(_ index: Int, _ baseVersion: UInt64) {
    guard baseVersion <= input.version else {
      return reject(index, .futureBase, measured: Double(baseVersion - input.version), limit: 0)
    }
    let staleness = input.version - baseVersion
    guard staleness <= UInt64(input.policy.maximumStaleness) else {
      return reject(
        index, .stale, measured: Double(staleness), limit: Double(input.policy.maximumStaleness))
    }
  }

  /// Updates that change nothing: no value is written out.
  mutating func checkEmpty() {
    for index in openIndices where entries[index].packet?.payload.codedValueCount == 0 {
      reject(index, .empty, measured: 0, limit: 1)
    }
  }

  /// Equal content, in this window or among what recent windows admitted: the earliest commitment counts.
  mutating func checkDuplicates(recent: [Set<Digest>], threads: Int) {
    var counts: [Digest: Int] = [:]
    let open = openIndices
    let packets = open.map { entries[$0].packet }
    let contents = Parallel.map(count: open.count, threads: threads) { packets[$0]?.payload.contentDigest }
    for (index, content) in zip(open, contents) {
      guard let content else { continue }
      entries[index].content = content
      let count = (counts[content] ?? recent.count { $0.contains(content) }) + 1
      counts[content] = count
      if count > 1 { reject(index, .duplicate, measured: Double(count), limit: 1) }
    }
  }

  /// The content that the window has admitted.
  var admittedContent: Set<Digest> {
    Set(entries.compactMap { $0.judgement?.isAdmitted == true ? $0.content : nil })
  }

  /// The updates that the window has admitted, in the order of their commitments.
  var admittedUpdates: [RecentUpdate] {
    entries.compactMap { entry in
      guard entry.judgement?.isAdmitted == true, let packet = entry.packet else { return nil }
      return RecentUpdate(contributor: entry.candidate.contributor, payload: packet.payload)
    }
  }

  /// The number of updates of each contributor: the earliest commitments count.
  mutating func checkRate() {
    let limit = Int(input.policy.updatesPerContributorPerWindow)
    var counts: [PublicKey: Int] = [:]
    for index in openIndices {
      let count = counts[entries[index].candidate.contributor, default: 0] + 1
      counts[entries[index].candidate.contributor] = count
      if count > limit { reject(index, .rateExceeded, measured: Double(count), limit: Double(limit)) }
    }
  }
}

extension Payload {
  private static let contentDomain = HashDomain("trib.content")

  /// Names the values, whoever sends them.
  fileprivate var contentDigest: Digest {
    Digest(of: Array(form.description.utf8) + [0] + bytes, in: Self.contentDomain)
  }
}
