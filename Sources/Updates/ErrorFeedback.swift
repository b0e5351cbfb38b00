/// What compression has left out so far, to be sent later (Seide et al., 2014; Karimireddy et al., 2019).
///
/// Contributors hold one beside their model. Replicas hold one beside the replicated weights: everything here
/// is integer arithmetic, so that it comes out alike to the bit.
///
/// ```swift
/// var feedback = ErrorFeedback(parameterCount: delta.count)
/// let payload = feedback.compress(try FixedPoint.quantize(delta), form: .sparse(keptPerChunk: 64))
/// ```
public struct ErrorFeedback: Sendable, Hashable {
  /// What has been left out, in quanta, within `FixedPoint.maximum` and its negative.
  public private(set) var residual: [Int32]

  /// Starts with nothing left out.
  public init(parameterCount: Int) {
    residual = [Int32](repeating: 0, count: parameterCount)
  }

  /// Takes up a stored residual.
  ///
  /// - Throws: `UpdateError.residualOutOfRange`.
  public init(residual: [Int32]) throws(UpdateError) {
    for (index, value) in residual.enumerated() where value.magnitude > FixedPoint.maximum {
      throw .residualOutOfRange(index: index, value: value)
    }
    self.residual = residual
  }

  /// Takes up values that are known to be in range.
  init(inRange residual: [Int32]) {
    self.residual = residual
  }

  /// Compresses a vector together with what was left out before, and keeps what is left out now.
  ///
  /// Decoded values and residuals add up to the vectors exactly, unless a sum reaches `FixedPoint.maximum`
  /// and saturates. A form that takes no feedback leaves a residual of zeros.
  ///
  /// - Parameters:
  ///   - delta: quanta, as many as the residual has
  ///   - form: a valid form
  ///   - rotation: the packet's, for a rotated form
  public mutating func compress(
    _ delta: [Int32], form: PacketForm, rotation: Rotation = Rotation(seed: 0)
  ) -> Payload {
    precondition(delta.count == residual.count, "the vector's length differs from the residual's")
    for index in residual.indices {
      residual[index] = FixedPoint.saturate(Int64(residual[index]) + Int64(delta[index]))
    }
    let payload = Payload(encoding: residual, form: form, rotation: rotation)
    guard form.takesFeedback else {
      self = ErrorFeedback(parameterCount: residual.count)
      return payload
    }
    payload.visit(chunks: 0..<payload.grid.chunkCount) { index, value in
      residual[index] = FixedPoint.saturate(Int64(residual[index]) - Int64(value))
    }
    return payload
  }

  /// Forgets a part of what was left out, so that stale corrections fade.
  ///
  /// Products are rounded towards zero: rounding to nearest would keep small residuals for ever.
  ///
  /// - Parameter kept65536ths: the part that stays, 0...65536; 65536 changes nothing
  public mutating func decay(keeping kept65536ths: Int) {
    precondition((0...65_536).contains(kept65536ths), "the part that stays lies between 0 and 65536")
    for index in residual.indices {
      residual[index] = Int32(Int64(residual[index]) * Int64(kept65536ths) / 65_536)
    }
  }
}
