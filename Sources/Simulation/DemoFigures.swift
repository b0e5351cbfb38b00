/// The figures that a demo prints: on the terminal, in the report, and in `summary.json`.
public struct DemoFigures: Sendable, Codable, Equatable {
  /// What a group of contributors did and got, all its members together.
  public struct Group: Sendable, Codable, Equatable {
    /// The group's name.
    public var name: String
    /// Whether its members did what the protocol asks.
    public var isHonest: Bool
    /// How many contributors are in it.
    public var members = 0
    /// Updates that reached a window which became final.
    public var updates = 0
    /// Of them, updates that took part in a merge.
    public var merged = 0
    /// Of them, rejected ones.
    public var rejected = 0
    /// Cumulative credit in nats of loss; signed.
    public var creditNats = 0.0
    /// Units paid.
    public var paidUnits: UInt64 = 0
    /// Credit a member, in nats; 0 for a group without members.
    public var creditNatsPerHead = 0.0
    /// Units paid a member; 0 for a group without members.
    public var paidUnitsPerHead = 0.0
  }

  /// One reason for rejections.
  public struct Reason: Sendable, Codable, Equatable {
    /// The reason, in one word.
    public var name: String
    /// The median of what was measured, in `unit`; nil for a check that answers yes or no.
    public var measured: Double?
    /// The limit on the receipt with that measure, in `unit`.
    public var limit: Double?
    /// The unit of `measured` and `limit`; empty for a check that answers yes or no.
    public var unit: String
    /// The words on that receipt.
    public var explanation: String
    /// Updates that were rejected for it.
    public var updates = 0
    /// Of them, updates by honest contributors.
    public var honestUpdates = 0
    /// Updates by the contributors' group, most first.
    public var groups: [GroupCount] = []
  }

  /// How many updates of a group.
  public struct GroupCount: Sendable, Codable, Equatable {
    /// The group's name.
    public var group: String
    /// How many updates.
    public var updates: Int
  }

  /// Accuracy of the final version on the test set, 0...1.
  public var accuracy: Double
  /// The same without attackers; nil if that was not run.
  public var cleanAccuracy: Double?
  /// The same under plain averaging; nil if that was not run.
  public var averagingAccuracy: Double?
  /// The share of triggered test examples in which the final version sees the backdoor's class, 0...1; nil
  /// where nobody plants a backdoor.
  public var backdoorSuccess: Double?
  /// Mean loss of the final version on the test set, in nats; nil without any version.
  public var loss: Double?
  /// Versions made after the first weights.
  public var versions: Int
  /// When the last version became final, in virtual seconds.
  public var virtualSeconds: Double
  /// The mean staleness of all updates that reached windows, in versions.
  public var meanStaleness: Double
  /// The groups in the scenario's order.
  public var groups: [Group]
  /// All honest contributors.
  public var honest: Group
  /// All hostile contributors.
  public var hostile: Group
  /// Why updates were rejected; the most frequent reason first.
  public var reasons: [Reason]
  /// What validators were paid, by conduct; the honest first.
  public var validatorPay: [ValidatorPay]
  /// Everything that was paid from the escrow, in units.
  public var paidUnits: UInt64
  /// What contributors sent, in bytes.
  public var bytesUp: Int
  /// The same updates as dense Float32, in bytes.
  public var denseBytesUp: Int
  /// What contributors fetched, in bytes.
  public var bytesDown: Int
  /// The same versions as dense Float32, in bytes.
  public var denseBytesDown: Int

  /// Computes the figures of a demo.
  public init(run: RunRecord, cleanRun: RunRecord?, averagingRun: RunRecord?) {
    accuracy = run.finalAccuracy
    cleanAccuracy = cleanRun?.finalAccuracy
    averagingAccuracy = averagingRun?.finalAccuracy
    backdoorSuccess = run.finalBackdoorSuccess
    loss = run.versions.last?.loss
    versions = run.versions.filter { $0.number > 0 }.count
    virtualSeconds = run.versions.last?.seconds ?? 0
    let updates = run.versions.reduce(0) { $0 + $1.updates }
    let staleness = run.versions.reduce(0) { $0 + Double($1.updates) * $1.meanStaleness }
    meanStaleness = staleness / Double(max(1, updates))
    groups = Self.groups(of: run)
    honest = Self.group("honest, all", isHonest: true, run.contributors.filter(\.isHonest))
    hostile = Self.group("hostile, all", isHonest: false, run.contributors.filter { !$0.isHonest })
    reasons = Self.reasons(of: run)
    validatorPay = ValidatorPay.figures(of: run)
    paidUnits = run.flows.reduce(0) { $0 + $1.units }
    bytesUp = run.contributors.reduce(0) { $0 + $1.bytesUp }
    denseBytesUp = run.contributors.reduce(0) { $0 + $1.denseBytesUp }
    bytesDown = run.bytesDown
    denseBytesDown = run.denseBytesDown
  }

  /// The groups that the run lists, then those that only contributors name.
  private static func groups(of run: RunRecord) -> [Group] {
    var listed = run.groups
    for contributor in run.contributors where !listed.contains(where: { $0.name == contributor.group }) {
      listed.append(RunRecord.Group(name: contributor.group, isHonest: contributor.isHonest))
    }
    return listed.map { entry in
      group(entry.name, isHonest: entry.isHonest, run.contributors.filter { $0.group == entry.name })
    }
  }

  private static func group(_ name: String, isHonest: Bool, _ members: [RunRecord.Contributor]) -> Group {
    var group = Group(name: name, isHonest: isHonest)
    group.members = members.count
    for member in members {
      group.updates += member.updates
      group.merged += member.merged
      group.rejected += member.rejections.values.reduce(0, +)
      group.creditNats += member.creditNats
      group.paidUnits += member.paidUnits
    }
    if !members.isEmpty {
      group.creditNatsPerHead = group.creditNats / Double(members.count)
      group.paidUnitsPerHead = Double(group.paidUnits) / Double(members.count)
    }
    return group
  }

  private static func reasons(of run: RunRecord) -> [Reason] {
    var isHonest: [String: Bool] = [:]
    for contributor in run.contributors { isHonest[contributor.group] = contributor.isHonest }
    return Dictionary(grouping: run.rejections, by: \.reason).map { name, rejections in
      // The sort is stable: equal measures stay in the order in which they came about.
      let byMeasure = rejections.sorted { ($0.measured ?? 0) < ($1.measured ?? 0) }
      let median = byMeasure[(byMeasure.count - 1) / 2]
      let groups = Dictionary(grouping: rejections, by: \.group).map {
        GroupCount(group: $0.key, updates: $0.value.count)
      }
      return Reason(
        name: name, measured: median.measured, limit: median.limit, unit: median.unit,
        explanation: median.explanation, updates: rejections.count,
        honestUpdates: rejections.count { isHonest[$0.group] == true },
        groups: groups.sorted { ($1.updates, $0.group) < ($0.updates, $1.group) })
    }
    .sorted { ($1.updates, $0.name) < ($0.updates, $1.name) }
  }
}
