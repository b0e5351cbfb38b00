import Ledger

/// What runs are to come by, so that it is seen whether they do.
public enum Encounter: String, Sendable, CaseIterable {
  /// Other validators came into force.
  case handover = "handovers"
  /// A validator lost its bond for signing twice.
  case doubleSigner = "double signers"
  /// A validator paid for a row that it withheld.
  case withheldRow = "withheld rows"
  /// Another committee was drawn.
  case redraw = "committees redrawn"
  /// A record was passed over.
  case refusal = "records passed over"
  /// A record came to the log again.
  case resent = "records sent again"
  /// A torn or damaged copy of the log was cut off.
  case cutCopy = "copies of the log cut off"
  /// A blob's damaged copy was mended.
  case mendedBlob = "blobs mended"
  /// A validator went on from a snapshot of its own.
  case keptState = "states kept"
  /// A validator went on from a snapshot that another named.
  case noticedState = "states of others"
  /// A validator merged everything again.
  case recomputedState = "states recomputed"
  /// A contributor sent an update that a life before had packed.
  case resumedUpdate = "updates resumed"
  /// A validator left it to its operator to go on.
  case operatorAwaited = "operators awaited"
}

extension Encounter {
  /// What a record's event is to be counted as; nil for one that is not.
  init?(_ event: ReplicaEvent) {
    switch event {
    case .validatorsChanged: self = .handover
    case .slashed(_, _, .signedTwice): self = .doubleSigner
    case .slashed(_, _, .withheldRow): self = .withheldRow
    case .committeeRedrawn: self = .redraw
    case .refused: self = .refusal
    default: return nil
    }
  }
}
