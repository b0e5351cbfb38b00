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
  /// The updates of this contributor have not pointed where its data should lead.
  case distrusted = 15
  /// The task's aggregation rule gives the update no weight.
  case outvoted = 16
}

extension RejectionReason {
  /// A sentence for the contributor: what was found, and what to do about it.
  public var explanation: String {
    switch self {
    case .unavailable:
      "The packet could not be fetched before the window was judged; upload it right after its commitment."
    case .malformed: "The packet's bytes are not a valid update; encode it again with this version's codec."
    case .wrongTask: "The packet was made for another task; submit it there."
    case .wrongContributor:
      "The packet names another contributor than its commitment; build it with your own key."
    case .wrongForm:
      "The packet's form is not the one that the task asks for; read the form from the task's policy."
    case .wrongShape: "The packet's number of parameters is not the model's; train the task's own model."
    case .futureBase: "The packet starts from a version that is not there yet; start from a final version."
    case .stale: "The packet starts from a version that is too old; pull the newest version before training."
    case .duplicate: "An update with the same content was committed earlier; send each update once."
    case .rateExceeded: "You sent more updates in this window than the task allows; wait for the next window."
    case .empty: "The update changes nothing; check that training ran and that the data were read."
    case .nearCopy: "The update is nearly a copy of one that was committed earlier; train on your own data."
    case .replay:
      "The update nearly repeats a step that the model has taken already; train from the newest version."
    case .normTooLarge:
      "The update is out of proportion to the others; lower the learning rate or the number of steps."
    case .distrusted:
      "Your updates do not point where any mixture of the labels would lead; check labels and preprocessing."
    case .outvoted:
      "The task's rule gives the update no weight beside the others; compare your data with the task's."
    }
  }
}
