/// Operations on flat vectors, written to run at the speed of memory.
///
/// Each has a plain twin of the same name in `Reference`, which says what it computes; tests compare them.
///
/// Reductions (`dot`, `squaredNorm`, ...) fix the order of their additions: every block of
/// `blockLength` values is summed in four accumulators of 16 lanes that fold to one number, and the
/// blocks' sums are added in order in `Double`. A short last block counts as if zeros followed. So a
/// result has the same bits on every machine, at every optimisation level, and for a vector cut at block
/// boundaries and added up in order.
public enum Kernels {
  /// How many values a reduction sums in single precision before it moves to `Double`: one update chunk.
  public static let blockLength = 4_096

  /// How many lanes one vector step takes.
  static let lanes = 16
}

extension Kernels {
  /// Values at `start`, zeros after the end of the span.
  ///
  /// The unchecked load is what lets a loop run at the speed of memory; `count` has been compared with the
  /// span by the caller.
  @inline(__always)
  static func load(_ base: UnsafePointer<Float>, _ start: Int, of count: Int) -> SIMD16<Float> {
    if start + lanes <= count {
      return UnsafeRawPointer(base + start).loadUnaligned(as: SIMD16<Float>.self)
    }
    var vector = SIMD16<Float>()
    for lane in 0..<max(0, count - start) { vector[lane] = base[start + lane] }
    return vector
  }

  /// Values at `start`, which the caller knows to be in bounds.
  @inline(__always)
  static func load(_ base: UnsafePointer<Float>, _ start: Int) -> SIMD16<Float> {
    UnsafeRawPointer(base + start).loadUnaligned(as: SIMD16<Float>.self)
  }

  /// Stores all lanes, where the caller knows that there is room.
  @inline(__always)
  static func store(_ vector: SIMD16<Float>, _ target: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(target).storeBytes(of: vector, as: SIMD16<Float>.self)
  }

  /// Stores the lanes from `start` that are before the end, which is `count`.
  @inline(__always)
  static func store(
    _ vector: SIMD16<Float>, _ base: UnsafeMutablePointer<Float>, _ start: Int, of count: Int
  ) {
    if start + lanes <= count {
      store(vector, base + start)
    } else {
      for lane in 0..<max(0, count - start) { base[start + lane] = vector[lane] }
    }
  }

  /// The sum of four accumulators by halving, in a fixed order.
  @inline(__always)
  static func fold(
    _ first: SIMD16<Float>, _ second: SIMD16<Float>, _ third: SIMD16<Float>, _ fourth: SIMD16<Float>
  ) -> Double {
    let sixteen = (first + second) + (third + fourth)
    let eight = sixteen.lowHalf + sixteen.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return Double(two[0] + two[1])
  }
}
