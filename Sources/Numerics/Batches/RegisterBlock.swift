private import CIntrinsics

/// 16 vector steps that stay in registers while they are compared: 16 columns of 16 values each.
///
/// All comparators are written out, because only then no value is written to memory between two of them.
struct RegisterBlock {
  typealias Lanes = SIMD16<Float>

  private var r0: Lanes, r1: Lanes, r2: Lanes, r3: Lanes, r4: Lanes, r5: Lanes, r6: Lanes, r7: Lanes
  private var r8: Lanes, r9: Lanes, r10: Lanes, r11: Lanes, r12: Lanes, r13: Lanes, r14: Lanes, r15: Lanes

  /// Loads 16 steps.
  ///
  /// - Parameter load: gives the step at a place.
  @inline(__always)
  init(_ load: (Int) -> Lanes) {
    (r0, r1, r2, r3) = (load(0), load(1), load(2), load(3))
    (r4, r5, r6, r7) = (load(4), load(5), load(6), load(7))
    (r8, r9, r10, r11) = (load(8), load(9), load(10), load(11))
    (r12, r13, r14, r15) = (load(12), load(13), load(14), load(15))
  }

  /// Hands over every step with its place.
  @inline(__always)
  func store(_ store: (Int, Lanes) -> Void) {
    store(0, r0)
    store(1, r1)
    store(2, r2)
    store(3, r3)
    store(4, r4)
    store(5, r5)
    store(6, r6)
    store(7, r7)
    store(8, r8)
    store(9, r9)
    store(10, r10)
    store(11, r11)
    store(12, r12)
    store(13, r13)
    store(14, r14)
    store(15, r15)
  }

  /// 0 where all values of a column are finite, not a number elsewhere.
  @inline(__always)
  var finiteness: Lanes {
    let first = (r0 * 0 + r1 * 0) + (r2 * 0 + r3 * 0)
    let second = (r4 * 0 + r5 * 0) + (r6 * 0 + r7 * 0)
    let third = (r8 * 0 + r9 * 0) + (r10 * 0 + r11 * 0)
    let fourth = (r12 * 0 + r13 * 0) + (r14 * 0 + r15 * 0)
    return (first + second) + (third + fourth)
  }

  /// Sorts every column by the 60 comparators that Green found (Knuth, The Art of Computer Programming 3,
  /// 5.3.4, figure 49).
  @inline(__always)
  mutating func sort() {
    orderNeighbours()
    orderPairs()
    orderQuarters()
    orderHalves()
    (r5, r10) = Self.order(r5, r10)
    (r6, r9) = Self.order(r6, r9)
    (r3, r12) = Self.order(r3, r12)
    (r13, r14) = Self.order(r13, r14)
    (r4, r8) = Self.order(r4, r8)
    (r7, r11) = Self.order(r7, r11)
    (r1, r2) = Self.order(r1, r2)
    (r1, r4) = Self.order(r1, r4)
    (r7, r13) = Self.order(r7, r13)
    (r2, r8) = Self.order(r2, r8)
    (r11, r14) = Self.order(r11, r14)
    (r2, r4) = Self.order(r2, r4)
    (r5, r6) = Self.order(r5, r6)
    (r9, r10) = Self.order(r9, r10)
    (r11, r13) = Self.order(r11, r13)
    (r3, r8) = Self.order(r3, r8)
    (r7, r12) = Self.order(r7, r12)
    (r6, r8) = Self.order(r6, r8)
    (r10, r12) = Self.order(r10, r12)
    (r3, r5) = Self.order(r3, r5)
    (r7, r9) = Self.order(r7, r9)
    (r3, r4) = Self.order(r3, r4)
    (r5, r6) = Self.order(r5, r6)
    (r7, r8) = Self.order(r7, r8)
    (r9, r10) = Self.order(r9, r10)
    (r11, r12) = Self.order(r11, r12)
    (r6, r7) = Self.order(r6, r7)
    (r8, r9) = Self.order(r8, r9)
  }

  /// Sorts every column whose values rise and fall once, in a circle: Batcher's bitonic merge.
  @inline(__always)
  mutating func merge() {
    orderHalves()
    orderQuarters()
    orderPairs()
    orderNeighbours()
  }

  /// Orders steps that are next to each other.
  @inline(__always)
  private mutating func orderNeighbours() {
    (r0, r1) = Self.order(r0, r1)
    (r2, r3) = Self.order(r2, r3)
    (r4, r5) = Self.order(r4, r5)
    (r6, r7) = Self.order(r6, r7)
    (r8, r9) = Self.order(r8, r9)
    (r10, r11) = Self.order(r10, r11)
    (r12, r13) = Self.order(r12, r13)
    (r14, r15) = Self.order(r14, r15)
  }

  /// Orders steps that are two places apart.
  @inline(__always)
  private mutating func orderPairs() {
    (r0, r2) = Self.order(r0, r2)
    (r1, r3) = Self.order(r1, r3)
    (r4, r6) = Self.order(r4, r6)
    (r5, r7) = Self.order(r5, r7)
    (r8, r10) = Self.order(r8, r10)
    (r9, r11) = Self.order(r9, r11)
    (r12, r14) = Self.order(r12, r14)
    (r13, r15) = Self.order(r13, r15)
  }

  /// Orders steps that are four places apart.
  @inline(__always)
  private mutating func orderQuarters() {
    (r0, r4) = Self.order(r0, r4)
    (r1, r5) = Self.order(r1, r5)
    (r2, r6) = Self.order(r2, r6)
    (r3, r7) = Self.order(r3, r7)
    (r8, r12) = Self.order(r8, r12)
    (r9, r13) = Self.order(r9, r13)
    (r10, r14) = Self.order(r10, r14)
    (r11, r15) = Self.order(r11, r15)
  }

  /// Orders steps that are eight places apart.
  @inline(__always)
  private mutating func orderHalves() {
    (r0, r8) = Self.order(r0, r8)
    (r1, r9) = Self.order(r1, r9)
    (r2, r10) = Self.order(r2, r10)
    (r3, r11) = Self.order(r3, r11)
    (r4, r12) = Self.order(r4, r12)
    (r5, r13) = Self.order(r5, r13)
    (r6, r14) = Self.order(r6, r14)
    (r7, r15) = Self.order(r7, r15)
  }

  @inline(__always)
  private static func order(_ first: Lanes, _ second: Lanes) -> (Lanes, Lanes) {
    (tributary_lesser(first, second), tributary_greater(first, second))
  }
}

extension Kernels {
  /// The lesser value of each lane.
  @inline(__always)
  static func lesser(_ first: SIMD16<Float>, _ second: SIMD16<Float>) -> SIMD16<Float> {
    tributary_lesser(first, second)
  }

  /// The greater value of each lane.
  @inline(__always)
  static func greater(_ first: SIMD16<Float>, _ second: SIMD16<Float>) -> SIMD16<Float> {
    tributary_greater(first, second)
  }
}
