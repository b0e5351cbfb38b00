package import JSON5

/// What a trainer sends back.
package enum TrainerAnswer<Result: Sendable>: Sendable {
  /// How far the call is. It may come any number of times before the result.
  case progress(TrainerProgress)
  /// What the call came to.
  case result(Result)
  /// Why the call failed; the trainer is ready for the next.
  case error(String)

  /// The most UTF-8 bytes of an error.
  private static var errorBytesLimit: Int { 65_536 }

  /// Reads an answer.
  ///
  /// - Parameters:
  ///   - bytes: a message, without its frame.
  ///   - id: of the request that is open.
  ///   - result: reads the result's fields; nil if one of them was refused.
  /// - Throws: `TrainerFault.failed`, with every mistake.
  package static func read(
    _ bytes: [UInt8], to id: UInt64, _ result: (inout SettingsFields) -> Result?
  ) throws(TrainerFault) -> Self {
    let found: Self?
    do {
      found = try SettingsFields.read(bytes, name: "answer", limitBytes: TrainerFrame.messageBytes.upperBound)
      {
        fields in
        _ = fields.requiredWhole("id", in: id...id)
        return content(&fields, result)
      }
    } catch {
      throw .failed("it gave an answer of another form:\n\(error)")
    }
    guard let found else { throw .failed("it gave an answer of another form") }
    return found
  }

  private static func content(
    _ fields: inout SettingsFields, _ result: (inout SettingsFields) -> Result?
  ) -> Self? {
    var contents: [Self?] = []
    if fields.has("progress") {
      fields.object("progress") { contents.append(.progress(TrainerProgress(&$0))) }
    }
    if fields.has("result") {
      fields.object("result") { contents.append(result(&$0).map(Self.result)) }
    }
    if fields.has("error") {
      let text = fields.requiredText("error")
      contents.append(.error(text))
      if text.utf8.count > errorBytesLimit {
        fields.report("error", .unusable(reason: "it has more than \(errorBytesLimit) bytes"))
      }
    }
    if contents.count != 1, fields.isFaultless {
      fields.report("", .unusable(reason: "it has one of 'result', 'progress' and 'error'"))
    }
    return contents.first ?? nil
  }
}

/// How far a training call is.
package struct TrainerProgress: Equatable, Sendable, CustomStringConvertible {
  private static let counts = 0...Int.max

  /// Steps taken.
  let step: Int
  /// Steps to take.
  let steps: Int
  /// The last loss.
  let loss: Double

  init(_ fields: inout SettingsFields) {
    step = fields.requiredWhole("step", in: Self.counts)
    steps = fields.requiredWhole("steps", in: Self.counts)
    loss = fields.requiredNumber(
      "loss", in: -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude)
  }

  package var description: String { "step \(step) of \(steps), loss \(loss)" }
}
