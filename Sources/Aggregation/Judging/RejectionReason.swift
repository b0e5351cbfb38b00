/// Why an update was left out of a merge. The raw values stand in the log and never change.
public enum RejectionReason: UInt8, Sendable, Hashable, CaseIterable {
  /// The packet could not be fetched.
  case unavailable = 1
  /// The packet's bytes are not an update.
  case malformed = 2
  /// The packet was made for another task.
  case wrongTask = 3
  /// The packet names another contributor than the one that committed to it.
  case wrongContributor = 4
  /// The packet's form is not the task's.
  case wrongForm = 5
  /// The packet has another number of parameters than the model.
  case wrongShape = 6
  /// The packet starts from a version that does not exist yet.
  case futureBase = 7
  /// The packet starts from a version that is too old.
  case stale = 8
  /// Another update, committed earlier, has the same content.
  case duplicate = 9
  /// The contributor has used up its updates in this window.
  case rateExceeded = 10
  /// The update changes nothing.
  case empty = 11
  /// The update is almost the same as one that was committed earlier.
  case nearCopy = 12
  /// The update is almost the same as a step that the model has already taken.
  case replay = 13
  /// The update is out of all proportion to the others.
  case normTooLarge = 14
  /// No mixture of the labels explains the contributor's latest updates as well as the others'.
  case unexplained = 15
  /// The task's aggregation rule gives the update no weight.
  case outvoted = 16
  /// A mixture of the labels explains the opposite of the contributor's latest updates better.
  case reversed = 17
  /// The contributor's latest updates are like one other's beyond what their labels explain.
  case twin = 18
  /// The contributor's latest updates are like a group of others beyond what their labels explain.
  case grouped = 19
}

extension RejectionReason {
  /// What the reason's check measures.
  public var quantity: Quantity {
    switch self {
    case .unavailable, .malformed, .wrongTask, .wrongContributor, .wrongForm: .nothing
    case .wrongShape: .parameters
    case .futureBase, .stale: .versions
    case .duplicate, .rateExceeded: .updates
    case .empty: .values
    case .nearCopy, .replay, .twin: .cosine
    case .normTooLarge: .medianNorms
    case .unexplained, .outvoted: .windowShare
    case .reversed: .polarity
    case .grouped: .deviations
    }
  }
}
