// Plain loops over spans: each output depends on its own inputs only, so the compiler vectorises them and
// the bits do not depend on how.
extension Kernels {
  /// y += a * x.
  ///
  /// - Parameters:
  ///   - a: the factor.
  ///   - x: any length.
  ///   - y: as long as `x`.
  public static func axpy(_ a: Float, _ x: Span<Float>, _ y: inout MutableSpan<Float>) {
    precondition(x.count == y.count, "axpy: \(x.count) values onto \(y.count)")
    for index in x.indices { y[index] = y[index] + a * x[index] }
  }

  /// y += a * x, for two arrays of one length.
  public static func axpy(_ a: Float, _ x: [Float], _ y: inout [Float]) {
    var span = y.mutableSpan
    axpy(a, x.span, &span)
  }

  /// x *= a.
  public static func scale(_ x: inout MutableSpan<Float>, by a: Float) {
    for index in x.indices { x[index] *= a }
  }

  /// x *= a.
  public static func scale(_ x: inout [Float], by a: Float) {
    var span = x.mutableSpan
    scale(&span, by: a)
  }

  /// x + y, for two arrays of one length.
  public static func sum(_ x: [Float], _ y: [Float]) -> [Float] {
    precondition(x.count == y.count, "sum: \(x.count) values and \(y.count)")
    var result = x
    for index in result.indices { result[index] += y[index] }
    return result
  }

  /// x - y, for two arrays of one length.
  public static func difference(_ x: [Float], _ y: [Float]) -> [Float] {
    precondition(x.count == y.count, "difference: \(x.count) values and \(y.count)")
    var result = x
    for index in result.indices { result[index] -= y[index] }
    return result
  }

  /// Scales x down so that its Euclidean norm is at most `limit`, and leaves a shorter one alone.
  ///
  /// - Parameters:
  ///   - x: the vector to change.
  ///   - limit: the greatest norm allowed, at least 0.
  /// - Returns: the factor that x was multiplied by, in 0...1.
  @discardableResult
  public static func clip(_ x: inout [Float], toNorm limit: Double) -> Float {
    precondition(limit >= 0, "a norm is not below \(limit)")
    let length = norm(x)
    guard length > limit else { return 1 }
    let factor = Float(limit / length)
    scale(&x, by: factor)
    return factor
  }

  /// y_i += x_i^2
  public static func addSquares(of x: [Float], to y: inout [Float]) {
    precondition(x.count == y.count, "vectors of \(x.count) and \(y.count) values")
    let x = x.span
    var y = y.mutableSpan
    for index in x.indices { y[index] += x[index] * x[index] }
  }
}
