/// Why an update was refused: what is wrong, where, and what to do about it.
public enum UpdateError: Error, Equatable {
  /// A value to be quantised is not a number or is infinite.
  case notFinite(index: Int)
  /// A text does not name a packet form.
  case unknownForm(String)
  /// A count of parameters is zero or exceeds `UpdateLimits.parameterCountLimit`.
  case parameterCountOutOfRange(UInt64)
  /// A residual's value is outside of the range of update values.
  case residualOutOfRange(index: Int, value: Int32)
  /// A payload's bytes are not the encoding of any update.
  case malformedPayload(chunk: Int, PayloadFault)
}

/// The rule of the payload's format (`docs/PACKET.md`) that the bytes break.
public enum PayloadFault: String, Error, Sendable, Equatable {
  /// The bytes end before the chunk does.
  case truncated = "the bytes end inside this chunk"
  /// Bytes are left over after the last chunk.
  case trailingBytes = "bytes are left over after this chunk, which is the last"
  /// A padding bit or byte is not zero.
  case padding = "the padding is not zero"
  /// A state of the entropy coder is out of range, or not the least one at the end.
  case state = "the entropy coder is in a state that no encoder leaves"
  /// More values are missing from a sparse chunk than its quota has.
  case count = "the count of kept values is out of range"
  /// A magnitude's code is none that exists or is zero where a value is kept.
  case magnitude = "a magnitude is out of range"
  /// Two levels are declared and only one is used.
  case unusedLevel = "two levels are declared and one of them is not used"
  /// A position lies past the end of the chunk.
  case position = "a kept value's position lies past the end of the chunk"
  /// A dense code is the one that has no negative.
  case code = "a value's code is out of range"
  /// A dense chunk with a scale has only zeros.
  case unusedScale = "the scale is not zero and every code is"
  /// A dense chunk could be written with a greater scale, or its values, or those of a rotated chunk, exceed
  /// the range.
  case scale = "the scale is not the canonical one for these values, or takes them out of range"
}

extension UpdateError: CustomStringConvertible {
  /// A sentence that names the place and the remedy.
  public var description: String {
    switch self {
    case .notFinite(let index):
      "the value at index \(index) is not finite: training has diverged; lower the learning rate "
        + "or clip gradients"
    case .unknownForm(let text):
      "\"\(text)\" is no packet form: use sparse:K with K from 1 to \(UpdateLimits.chunkParameterCount), "
        + "dense8, dense4, or rotated:K with a power of two from \(PacketForm.leastSignsPerChunk) to "
        + "\(UpdateLimits.chunkParameterCount)"
    case .parameterCountOutOfRange(let count):
      "\(count) parameters: an update has between 1 and \(UpdateLimits.parameterCountLimit)"
    case .residualOutOfRange(let index, let value):
      "the residual \(value) at index \(index) exceeds \(FixedPoint.maximum) quanta: the stored state is "
        + "damaged; start again from a zero residual"
    case .malformedPayload(let chunk, let fault):
      "the payload's chunk \(chunk) is malformed: \(fault.rawValue); encode it again with this "
        + "version's codec"
    }
  }
}
