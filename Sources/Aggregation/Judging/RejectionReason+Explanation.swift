extension RejectionReason {
  /// Two sentences for the contributor's owner: what was found and what is allowed, then what to do about it.
  ///
  /// - Parameters:
  ///   - measured: what the check measured, as the log has it: a number in the unit of `quantity`
  ///   - limit: what the check allows, in the same unit
  public func explanation(measured: Int64, limit: Int64) -> String {
    finding(measured: measured, limit: limit) + " " + remedy
  }

  private func finding(measured: Int64, limit: Int64) -> String {
    let (found, allowed) = quantity.texts(measured: measured, limit: limit)
    return switch self {
    case .unavailable: "The packet could not be fetched before the window was judged."
    case .malformed: "The packet's bytes are not a valid update."
    case .wrongTask: "The packet was made for another task."
    case .wrongContributor: "The packet names another contributor than its commitment."
    case .wrongForm: "The packet's form is not the one that the task asks for."
    case .wrongShape: "The packet's number of parameters is \(found); the model's is \(allowed)."
    case .futureBase:
      "The packet starts from a version that is not there yet: it is \(found) ahead of the window's model; "
        + "the limit is \(allowed)."
    case .stale: "The packet's staleness in versions is \(found); the limit is \(allowed)."
    case .duplicate: "The update is number \(found) with the same content; the limit is \(allowed)."
    case .rateExceeded: "The update is your number \(found) in this window; the limit is \(allowed)."
    case .empty: "The number of values that the update changes is \(found); the least is \(allowed)."
    case .nearCopy:
      "The update's cosine similarity to one that was committed earlier is \(found); the limit is \(allowed)."
    case .replay:
      "The update's cosine similarity to a step that the model has already taken is \(found); "
        + "the limit is \(allowed)."
    case .normTooLarge:
      "The update's norm is \(found) times the median of recent updates; the limit is \(allowed)."
    case .unexplained:
      "Mixtures of the labels explain your latest updates \(found) as well as those of the window; "
        + "trust is full from \(allowed)."
    case .outvoted:
      "The task's rule gives the update \(found) of the largest weight; the least is \(allowed)."
    case .reversed:
      "How much better the labels explain your latest updates than their opposite is \(found), from -1 to 1; "
        + "trust is full from \(allowed)."
    case .twin:
      "Beyond their labels your latest updates have a cosine similarity to another's of \(found); "
        + "trust is full up to \(allowed)."
    case .grouped:
      "Beyond their labels your latest updates are like others' by \(found) deviations more than is usual; "
        + "trust is full up to \(allowed)."
    }
  }

  private var remedy: String {
    switch self {
    case .unavailable: "Upload it right after its commitment."
    case .malformed: "Encode it again with this version's codec."
    case .wrongTask: "Submit it there."
    case .wrongContributor: "Build it with your own key."
    case .wrongForm: "Read the form from the task's policy."
    case .wrongShape: "Train the task's own model."
    case .futureBase: "Start from a final version."
    case .stale: "Pull the newest version before training."
    case .duplicate: "Send each update once."
    case .rateExceeded: "Wait for the next window."
    case .empty: "Check that training ran and that the data were read."
    case .nearCopy: "Train on your own data."
    case .replay: "Train from the newest version."
    case .normTooLarge: "Lower the learning rate or the number of steps."
    case .unexplained: "Check labels and preprocessing."
    case .outvoted: "Compare your data with the task's."
    case .reversed: "Check the sign of the update and the labels."
    case .twin, .grouped: "Train on your own data."
    }
  }
}
