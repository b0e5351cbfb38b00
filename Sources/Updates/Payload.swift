/// A compressed flat vector of update values: bytes that are known to be valid, and what is needed to
/// read them.
///
/// A vector of values has one encoding in a form, and no other bytes are accepted. Once a payload exists its
/// values can be read without errors and without unpacking the whole vector.
///
/// ```swift
/// let payload = Payload(encoding: try FixedPoint.quantize(delta), form: .sparse(keptPerChunk: 64))
/// let received = try Payload(validating: payload.bytes, form: payload.form, parameterCount: delta.count)
/// received.accumulate(into: &sums, weight: 1)
/// ```
public struct Payload: Sendable {
  /// How the values are written.
  public let form: PacketForm
  /// The length of the vector and its division into chunks.
  public let grid: ChunkGrid

  enum Content: Sendable {
    case sparse(SparseContent)
    case dense(DenseLayout, bytes: [UInt8], [DenseChunk])
    case rotated(RotatedContent)
  }

  let content: Content

  /// Checks that bytes are the encoding of a vector, in time proportional to their length and to the
  /// vector's.
  ///
  /// - Throws: `UpdateError.malformedPayload`, `UpdateError.parameterCountOutOfRange`, or
  ///   `UpdateError.unknownForm` for a form that is not valid.
  public init(validating bytes: [UInt8], form: PacketForm, parameterCount: Int) throws(UpdateError) {
    guard form.isValid else { throw .unknownForm(form.description) }
    guard (1...UpdateLimits.parameterCountLimit).contains(parameterCount) else {
      throw .parameterCountOutOfRange(UInt64(max(parameterCount, 0)))
    }
    let grid = ChunkGrid(parameterCount: parameterCount)
    switch form {
    case .sparse(let kept): content = .sparse(try SparseDecoder.decode(bytes, grid: grid, keptPerChunk: kept))
    case .dense8, .dense4:
      let layout = DenseLayout(codeBits: form == .dense8 ? 8 : 4)
      content = .dense(layout, bytes: bytes, try layout.chunks(of: bytes, grid: grid))
    case .rotated(let signs):
      content = .rotated(try RotatedLayout(signsPerChunk: signs).content(of: bytes, grid: grid))
    }
    self.form = form
    self.grid = grid
  }

  /// Compresses a vector of at least one value. What is lost is the difference to `denseValues()`.
  ///
  /// - Parameters:
  ///   - values: quanta, saturated at `FixedPoint.maximum`
  ///   - form: a valid form
  ///   - rotation: the packet's, for a rotated form; the others have none
  public init(encoding values: [Int32], form: PacketForm, rotation: Rotation = Rotation(seed: 0)) {
    precondition(form.isValid, "there is no form \(form)")
    precondition(values.count <= UpdateLimits.parameterCountLimit, "the vector is too long for an update")
    let bytes: [UInt8] =
      switch form {
      case .sparse(let kept): SparseEncoder.encode(values, keptPerChunk: kept)
      case .dense8: DenseEncoder.encode(values, layout: DenseLayout(codeBits: 8))
      case .dense4: DenseEncoder.encode(values, layout: DenseLayout(codeBits: 4))
      case .rotated(let signs):
        RotatedEncoder.encode(values, layout: RotatedLayout(signsPerChunk: signs), rotation: rotation)
      }
    do {
      self = try Payload(validating: bytes, form: form, parameterCount: values.count)
    } catch {
      preconditionFailure("the encoder wrote what the decoder refuses: \(error)")
    }
  }

  /// The length of the vector.
  public var parameterCount: Int { grid.parameterCount }

  /// The encoding.
  public var bytes: [UInt8] {
    switch content {
    case .sparse(let sparse): sparse.bytes
    case .dense(_, let bytes, _): bytes
    case .rotated(let rotated): rotated.bytes
    }
  }

  /// The rotation of a rotated form; nil in the others.
  public var rotation: Rotation? {
    if case .rotated(let rotated) = content { rotated.rotation } else { nil }
  }

  /// The number of values that there may be: those kept by a sparse form, all of those in another form's
  /// chunks that are not all zeros.
  public var codedValueCount: Int {
    switch content {
    case .sparse(let sparse): sparse.values.count
    case .dense(_, _, let chunks): parameterCount(in: chunks)
    case .rotated(let rotated): parameterCount(in: rotated.chunks)
    }
  }

  private func parameterCount(in chunks: [DenseChunk]) -> Int {
    chunks.indices.reduce(0) { $0 + (chunks[$1].scale == 0 ? 0 : grid.parameters(inChunk: $1).count) }
  }
}

extension Payload: Hashable {
  /// Whether two payloads have the same form, length and bytes, and so the same values.
  public static func == (left: Payload, right: Payload) -> Bool {
    left.form == right.form && left.grid == right.grid && left.bytes == right.bytes
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(form)
    hasher.combine(grid)
    hasher.combine(bytes)
  }
}
