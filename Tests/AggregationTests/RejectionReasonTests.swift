import Numerics
import Testing

@testable import Aggregation

/// The words on a receipt, and the integers that they are made from.
struct RejectionReasonTests {
  private func explanation(_ reason: RejectionReason, _ measured: Double, _ limit: Double) -> String {
    reason.explanation(measured: reason.quantity.number(measured), limit: reason.quantity.number(limit))
  }

  @Test func numbersAndNamesAreStable() {
    let names = [
      "unavailable", "malformed", "wrong-task", "wrong-contributor", "wrong-form", "wrong-shape",
      "future-base", "stale", "duplicate", "rate-exceeded", "empty", "near-copy", "replay", "norm-too-large",
      "unexplained", "outvoted", "reversed", "twin", "grouped",
    ]
    #expect(RejectionReason.allCases.map(\.name) == names)
    #expect(RejectionReason.allCases.map(\.rawValue) == Array(1...19))
  }

  /// One receipt for each reason, as its owner reads it.
  private static let receipts: [(RejectionReason, measured: Double, limit: Double, words: String)] = [
    (
      .unavailable, 0, 0,
      "The packet could not be fetched before the window was judged. Upload it right after its commitment."
    ),
    (
      .malformed, 0, 0,
      "The packet's bytes are not a valid update. Encode it again with this version's codec."
    ),
    (.wrongTask, 0, 0, "The packet was made for another task. Submit it there."),
    (
      .wrongContributor, 0, 0,
      "The packet names another contributor than its commitment. Build it with your own key."
    ),
    (
      .wrongForm, 0, 0,
      "The packet's form is not the one that the task asks for. Read the form from the task's policy."
    ),
    (
      .wrongShape, 650, 1_234_567,
      "The packet's number of parameters is 650; the model's is 1,234,567. Train the task's own model."
    ),
    (
      .futureBase, 3, 0,
      "The packet starts from a version that is not there yet: it is 3 ahead of the window's model; "
        + "the limit is 0. Start from a final version."
    ),
    (
      .stale, 17, 16,
      "The packet's staleness in versions is 17; the limit is 16. Pull the newest version before training."
    ),
    (
      .duplicate, 2, 1,
      "The update is number 2 with the same content; the limit is 1. Send each update once."
    ),
    (
      .rateExceeded, 5, 4,
      "The update is your number 5 in this window; the limit is 4. Wait for the next window."
    ),
    (
      .empty, 0, 1,
      "The number of values that the update changes is 0; the least is 1. "
        + "Check that training ran and that the data were read."
    ),
    (
      .nearCopy, 0.99974, 0.98,
      "The update's cosine similarity to one that was committed earlier is 0.9997; the limit is 0.98. "
        + "Train on your own data."
    ),
    (
      .replay, 1, 0.98,
      "The update's cosine similarity to a step that the model has already taken is 1; the limit is 0.98. "
        + "Train from the newest version."
    ),
    (
      .normTooLarge, 143.2, 100,
      "The update's norm is 143 times the median of recent updates; the limit is 100. "
        + "Lower the learning rate or the number of steps."
    ),
    (
      .unexplained, 0.3049, 0.8,
      "Mixtures of the labels explain your latest updates 30% as well as those of the window; "
        + "trust is full from 80%. Check labels and preprocessing."
    ),
    (
      .outvoted, 0, 1 / 65_535,
      "The task's rule gives the update 0% of the largest weight; the least is 0.002%. "
        + "Compare your data with the task's."
    ),
    (
      .reversed, -0.41, 0.12,
      "How much better the labels explain your latest updates than their opposite is -0.41, from -1 to 1; "
        + "trust is full from 0.12. Check the sign of the update and the labels."
    ),
    (
      .twin, 0.62, 0.25,
      "Beyond their labels your latest updates have a cosine similarity to another's of 0.62; "
        + "trust is full up to 0.25. Train on your own data."
    ),
    (
      .grouped, 5.26, 2,
      "Beyond their labels your latest updates are like others' by 5.3 deviations more than is usual; "
        + "trust is full up to 2. Train on your own data."
    ),
  ]

  @Test func everyReasonIsPutInWords() {
    #expect(Self.receipts.map(\.0) == RejectionReason.allCases)
    for (reason, measured, limit, words) in Self.receipts {
      #expect(explanation(reason, measured, limit) == words)
    }
  }

  @Test func numbersThatAreNearKeepTheDecimalsThatTellThemApart() {
    #expect(
      explanation(.normTooLarge, 100.26, 100).contains(
        "is 100.3 times the median of recent updates; the limit is 100."))
    #expect(
      explanation(.normTooLarge, 7.25, 2.5).contains(
        "is 7.3 times the median of recent updates; the limit is 2.5."))
    #expect(explanation(.nearCopy, 0.9999999, 0.9999991).contains("is 1; the limit is 0.999999."))
    #expect(explanation(.unexplained, 0.7999, 0.8).contains("79.99% as well as those of the window"))
    #expect(explanation(.stale, 16, 16).contains("is 16; the limit is 16."))
    #expect(explanation(.replay, -0.25, 0).contains("is -0.25; the limit is 0."))
  }

  /// Whatever validators put into the log, and whatever a caller asks for beyond it.
  @Test(arguments: RejectionReason.allCases)
  func extremesAreToldAsSuch(_ reason: RejectionReason) {
    let range = reason.quantity.range
    for measured in [.min, range.lowerBound, -1, 0, 1, range.upperBound, .max] as [Int64] {
      for limit in [.min, 0, range.upperBound, .max] as [Int64] {
        let words = reason.explanation(measured: measured, limit: limit)
        #expect(words.count < 250 && words.hasSuffix("."), "\(measured), \(limit): \(words)")
        #expect(!words.contains("nan") && !words.contains("inf"), "\(measured), \(limit): \(words)")
      }
    }
    let most = reason.explanation(measured: .max, limit: 0)
    switch reason.quantity {
    case .parameters, .versions, .updates, .values: #expect(most.contains("at least 1,000,000,000,000"))
    case .medianNorms: #expect(most.contains("at least 1,000,000 times"))
    case .windowShare: #expect(most.contains("at least 100,000,000%"))
    case .deviations: #expect(most.contains("at least 1,000,000 deviations"))
    case .nothing, .cosine, .polarity: #expect(!most.contains("at least"))
    }
  }

  @Test(arguments: Quantity.allCases)
  func measuresBecomeIntegersWithinTheirRange(_ quantity: Quantity) {
    let range = quantity.range
    #expect(quantity.number(.nan) == range.lowerBound)
    #expect(quantity.number(.infinity) == range.upperBound)
    #expect(quantity.number(-.infinity) == range.lowerBound)
    #expect(quantity.number(.greatestFiniteMagnitude) == range.upperBound)
    #expect(quantity.number(-0.0) == 0)
    #expect(quantity.number(.leastNonzeroMagnitude) == 0)
    for number in [range.lowerBound, 0, range.upperBound / 3, range.upperBound] {
      #expect(quantity.number(quantity.value(number)) == number)
    }
    #expect(quantity.unit.isEmpty == (quantity == .nothing))
  }

  /// Against decimals that Swift prints of the same number as `Double`, and each other.
  @Test(arguments: [3, 4] as [UInt64]) func textsAreTheRoundedNumbers(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for draw in 0..<3_000 {
      let quantity = Quantity.allCases[random.integer(below: Quantity.allCases.count)]
      func number() -> Int64 {
        let bits = random.integer(below: 63)
        return min(
          max(Int64(bitPattern: random.next() >> 1) >> bits, quantity.range.lowerBound),
          quantity.range.upperBound)
      }
      let measured = number()
      let limit = random.integer(below: 3) == 0 ? min(measured &+ 1, quantity.range.upperBound) : number()
      let (found, allowed) = quantity.texts(measured: measured, limit: limit)
      let note = "seed \(seed), draw \(draw): \(quantity) \(measured) \(limit): \(found) \(allowed)"
      if measured != limit { #expect(found != allowed, "\(note)") }
      guard quantity != .nothing else { continue }
      for (number, text) in [(measured, found), (limit, allowed)] {
        let plain = text.replacing("at least ", with: "").replacing(",", with: "").replacing("%", with: "")
        let read = try #require(Double(plain), "\(note)")
        let value = quantity.value(number) * (quantity == .windowShare ? 100 : 1)
        // A unit of the last decimal that is always there; numbers from 100 on may have none.
        let unit =
          abs(value) >= 100 || quantity == .windowShare
          ? 1 : [.cosine, .polarity].contains(quantity) ? 1e-4 : 0.1
        #expect(abs(read - value) <= unit / 2 + 1e-9 * abs(value), "\(note)")
      }
    }
  }
}
