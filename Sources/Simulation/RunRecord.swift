/// Everything that a run of a scenario left to look at: plain values, in the order in which they came about.
public struct RunRecord: Sendable, Codable {
  /// How the contributors of a run behave, as the report groups them.
  public struct Group: Sendable, Codable, Hashable {
    /// The group's name: "honest", "slow", "sign-flip", ...
    public var name: String
    /// Whether its members do what the protocol asks.
    public var isHonest: Bool
  }

  /// One contributor over the whole run.
  public struct Contributor: Sendable, Codable {
    /// The first eight digits of its key.
    public var name: String
    /// Which group it belongs to.
    public var group: String
    /// Whether it does what the protocol asks.
    public var isHonest: Bool
    /// The examples that it trains on.
    public var examples: Int
    /// How many times as long as an ordinary machine it trains.
    public var slowness: Double
    /// Updates that reached a window which became final.
    public var updates = 0
    /// Of them, updates that took part in a merge.
    public var merged = 0
    /// Rejected updates by reason.
    public var rejections: [String: Int] = [:]
    /// Cumulative credit, in nats of loss; signed.
    public var creditNats = 0.0
    /// Units paid.
    public var paidUnits: UInt64 = 0
    /// What the contributor's node told its owner, by message.
    public var reports: [String: Int] = [:]
    /// Bytes sent up: envelopes and packets.
    public var bytesUp = 0
    /// Bytes of the same updates as dense Float32 without any envelope.
    public var denseBytesUp = 0
  }

  /// One validator over the whole run.
  public struct Validator: Sendable, Codable {
    /// The conduct of those that do what the protocol asks.
    public static let honest = "honest"

    /// The first eight digits of its key.
    public var name: String
    /// "honest", or what it does in place of judging.
    public var conduct: String
    /// Its stake in units.
    public var stakeUnits: UInt64
    /// Units paid for each version that validators were paid for, from version 1.
    public var paidUnits: [UInt64] = []
  }

  /// One final version, as it was measured.
  public struct Version: Sendable, Codable {
    /// Its number; 0 for the first weights.
    public var number: UInt64
    /// When it became final, in virtual seconds.
    public var seconds: Double
    /// Mean loss on the test set, in nats.
    public var loss: Double
    /// Accuracy on the test set, 0...1.
    public var accuracy: Double
    /// The share of test examples of other classes in which the model sees the backdoor's class once they
    /// have the trigger, 0...1; 0 where nobody plants a backdoor.
    public var backdoorSuccess = 0.0
    /// The updates of its window.
    public var updates: Int
    /// Of them, merged ones.
    public var merged: Int
    /// The mean staleness of the window's updates, in versions.
    public var meanStaleness: Double
    /// The hexadecimal root; empty for version 0.
    public var root: String
  }

  /// One cell of a validation matrix.
  public struct Cell: Sendable, Codable {
    /// The reason of a rejection; nil if admitted.
    public var rejection: String?
    /// 0...1.
    public var trust: Double
  }

  /// The validation matrix of one window: rows are validators, columns updates.
  public struct Matrix: Sendable, Codable {
    /// The window.
    public var window: UInt64
    /// The validators' names, one a row.
    public var validators: [String]
    /// The columns: who sent the update, and from which group.
    public var contributors: [String]
    /// The contributors' groups, one a column.
    public var groups: [String]
    /// The cells, row by row; a validator without a row is left out.
    public var rows: [[Cell]]
  }

  /// A rejected update, as its contributor can read it.
  public struct Rejection: Sendable, Codable {
    /// The window.
    public var window: UInt64
    /// The contributor's name.
    public var contributor: String
    /// Its group.
    public var group: String
    /// The reason, in one word.
    public var reason: String
    /// What the check measured, by the median of the validators' stake, in `unit`; nil for a check that
    /// answers yes or no.
    public var measured: Double?
    /// What the check allows, in `unit`; nil for a check that answers yes or no.
    public var limit: Double?
    /// The unit of `measured` and `limit`: "versions", "cosine", ...; empty for a check that answers yes or
    /// no.
    public var unit: String
    /// What was found and what to do about it, in words.
    public var explanation: String
  }

  /// Units that flowed from the escrow to one kind of recipient.
  public struct Flow: Sendable, Codable {
    /// "author", "validators", or a contributor group's name.
    public var recipient: String
    /// How much.
    public var units: UInt64
  }

  /// What the run was: "tributary", "no attackers", "plain averaging".
  public var name: String
  /// The versions that were measured, from 0, in ascending order.
  public var versions: [Version] = []
  /// The contributors by group, then by name.
  public var contributors: [Contributor] = []
  /// The groups in the scenario's order.
  public var groups: [Group] = []
  /// The validators in the scenario's order.
  public var validators: [Validator] = []
  /// The matrices of the last windows.
  public var matrices: [Matrix] = []
  /// Every rejected update.
  public var rejections: [Rejection] = []
  /// What was paid to whom.
  public var flows: [Flow] = []
  /// Units left in escrow.
  public var escrowUnits: UInt64 = 0
  /// Bytes sent down to contributors: certificates and steps.
  public var bytesDown = 0
  /// Bytes that the same versions would take as dense Float32.
  public var denseBytesDown = 0
  /// Records in the log.
  public var logRecords: UInt64 = 0
  /// The time that the run took, in seconds of the wall clock.
  public var wallSeconds = 0.0

  /// Starts an empty record.
  public init(name: String) {
    self.name = name
  }

  /// The honest contributors that are reported as slow.
  public var slowContributors: [Contributor] { contributors.filter { $0.group == "slow" } }

  /// The newest version's accuracy on the test set, 0...1; zero without any.
  public var finalAccuracy: Double { versions.last?.accuracy ?? 0 }

  /// How well the backdoor works in the newest version, 0...1; nil where nobody plants one.
  public var finalBackdoorSuccess: Double? {
    let kinds = groups.compactMap { Scenario.Hostility(rawValue: $0.name) }
    return kinds.contains { $0.poison == .trigger } ? versions.last?.backdoorSuccess ?? 0 : nil
  }
}
