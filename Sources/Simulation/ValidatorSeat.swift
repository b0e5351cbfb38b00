import Agents

/// A validator at work beside the others: judging a window and merging it take most of a run's time.
actor ValidatorSeat {
  /// The validator.
  private(set) var validator: Validator

  init(_ validator: Validator) { self.validator = validator }

  func handle(_ event: Validator.Event) -> [Validator.Directive] { validator.handle(event) }
}
