extension Kernels {
  /// The dot product: the sum of x_i * y_i.
  ///
  /// - Parameters:
  ///   - x: any length.
  ///   - y: as long as `x`.
  public static func dot(_ x: Span<Float>, _ y: Span<Float>) -> Double {
    precondition(x.count == y.count, "dot: \(x.count) values against \(y.count)")
    return reduce(x, y) { $0 * $1 }
  }

  /// The dot product of two arrays of one length.
  public static func dot(_ x: [Float], _ y: [Float]) -> Double { dot(x.span, y.span) }

  /// The sum of x_i^2.
  public static func squaredNorm(_ x: Span<Float>) -> Double {
    reduce(x, x) { left, _ in left * left }
  }

  /// The sum of x_i^2.
  public static func squaredNorm(_ x: [Float]) -> Double { squaredNorm(x.span) }

  /// The Euclidean norm: the root of the sum of x_i^2.
  public static func norm(_ x: Span<Float>) -> Double { squaredNorm(x).squareRoot() }

  /// The Euclidean norm: the root of the sum of x_i^2.
  public static func norm(_ x: [Float]) -> Double { norm(x.span) }

  /// The sum of (x_i - y_i)^2.
  ///
  /// - Parameters:
  ///   - x: any length.
  ///   - y: as long as `x`.
  public static func squaredDistance(_ x: Span<Float>, _ y: Span<Float>) -> Double {
    precondition(x.count == y.count, "squaredDistance: \(x.count) values against \(y.count)")
    return reduce(x, y) { left, right in
      let difference = left - right
      return difference * difference
    }
  }

  /// The sum of (x_i - y_i)^2 of two arrays of one length.
  public static func squaredDistance(_ x: [Float], _ y: [Float]) -> Double {
    squaredDistance(x.span, y.span)
  }

  /// The cosine of the angle between x and y, within -1...1; 0 if either is zero.
  ///
  /// - Parameters:
  ///   - x: any length.
  ///   - y: as long as `x`.
  public static func cosine(_ x: Span<Float>, _ y: Span<Float>) -> Double {
    let scale = norm(x) * norm(y)
    guard scale > 0 else { return 0 }
    return min(1, max(-1, dot(x, y) / scale))
  }

  /// The cosine of the angle between two arrays of one length, within -1...1; 0 if either is zero.
  public static func cosine(_ x: [Float], _ y: [Float]) -> Double { cosine(x.span, y.span) }

  /// The largest |x_i|, and 0 for an empty vector. Values that are not a number are passed over.
  public static func maximumMagnitude(_ x: Span<Float>) -> Float {
    // Reading past the end is ruled out by `load`, which takes the length.
    x.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return 0 }
      var greatest = SIMD16<Float>()
      for start in stride(from: 0, to: values.count, by: lanes) {
        let vector = load(base, start, of: values.count)
        let magnitude = vector.replacing(with: -vector, where: vector .< 0)
        greatest.replace(with: magnitude, where: magnitude .> greatest)
      }
      return greatest.max()
    }
  }

  /// The largest |x_i|, and 0 for an empty vector. Values that are not a number are passed over.
  public static func maximumMagnitude(_ x: [Float]) -> Float { maximumMagnitude(x.span) }

  /// The largest |x_i|, and 0 for an empty vector.
  public static func maximumMagnitude(_ x: Span<Int32>) -> UInt32 {
    var greatest: UInt32 = 0
    for index in x.indices { greatest = max(greatest, x[index].magnitude) }
    return greatest
  }

  /// The largest |x_i|, and 0 for an empty vector.
  public static func maximumMagnitude(_ x: [Int32]) -> UInt32 { maximumMagnitude(x.span) }

  /// Whether every value is finite.
  public static func allFinite(_ x: Span<Float>) -> Bool {
    // x - x is 0 for a finite x, and not a number for every other.
    reduce(x, x) { left, _ in left - left } == 0
  }

  /// Whether every value is finite.
  public static func allFinite(_ x: [Float]) -> Bool { allFinite(x.span) }

  /// Sums `term` over two vectors of one length, in the order that `Kernels` fixes.
  @inline(__always)
  private static func reduce(
    _ x: Span<Float>, _ y: Span<Float>,
    _ term: (SIMD16<Float>, SIMD16<Float>) -> SIMD16<Float>
  ) -> Double {
    // Pointers, because checked element access does not become vector loads. Both spans have one length.
    x.withUnsafeBufferPointer { xs in
      y.withUnsafeBufferPointer { ys in
        guard let xBase = xs.baseAddress, let yBase = ys.baseAddress else { return 0 }
        var total = 0.0
        for start in stride(from: 0, to: xs.count, by: blockLength) {
          let end = min(start + blockLength, xs.count)
          total += reduceBlock(xBase + start, yBase + start, count: end - start, term)
        }
        return total
      }
    }
  }

  @inline(__always)
  static func reduceBlock(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int,
    _ term: (SIMD16<Float>, SIMD16<Float>) -> SIMD16<Float>
  ) -> Double {
    var first = SIMD16<Float>()
    var second = SIMD16<Float>()
    var third = SIMD16<Float>()
    var fourth = SIMD16<Float>()
    let step = 4 * lanes
    var start = 0
    while start + step <= count {
      first += term(load(x, start), load(y, start))
      second += term(load(x, start + lanes), load(y, start + lanes))
      third += term(load(x, start + 2 * lanes), load(y, start + 2 * lanes))
      fourth += term(load(x, start + 3 * lanes), load(y, start + 3 * lanes))
      start += step
    }
    if start < count {
      first += term(load(x, start, of: count), load(y, start, of: count))
      second += term(load(x, start + lanes, of: count), load(y, start + lanes, of: count))
      third += term(load(x, start + 2 * lanes, of: count), load(y, start + 2 * lanes, of: count))
      fourth += term(load(x, start + 3 * lanes, of: count), load(y, start + 3 * lanes, of: count))
    }
    return fold(first, second, third, fourth)
  }
}
