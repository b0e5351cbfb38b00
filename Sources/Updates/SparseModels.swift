/// What reader and writer of a sparse payload have learnt so far. Both go through the same steps.
///
/// Kept positions crowd: gaps are short in the rows of busy units and at inputs that vary, long elsewhere,
/// and a short gap tells of another. Signs run through a row, as what a unit passes back multiplies all its
/// inputs.
struct SparseModels: Sendable {
  /// The symbols of a number: 0...12 bits after the first one of its successor.
  private static let numberSymbolCount = 13
  /// Two magnitudes and two signs.
  private static let tagSymbolCount = 4

  /// How many values a chunk keeps.
  var count = SymbolModel(symbolCount: numberSymbolCount)
  /// How far the code of a chunk's low level lies from the one before.
  var lowChange = SymbolModel(symbolCount: numberSymbolCount)
  /// How far the code of a chunk's high level lies above the low one.
  var spread = SymbolModel(symbolCount: numberSymbolCount)
  /// Gaps, by the class of the gap before.
  var gaps = InlineArray<3, SymbolModel>(repeating: SymbolModel(symbolCount: numberSymbolCount))
  /// Tags, by the tags before.
  var tags = InlineArray<16, SymbolModel>(repeating: SymbolModel(symbolCount: tagSymbolCount))

  /// The class of the last gap.
  var gapClass = 2
  /// The last level, then the last three signs, the latest lowest.
  var history = 0
  /// The code of the last low level.
  var lowCode = 0

  /// A number for every count of kept values: 0 for the quota, 1 for none, above that one more than is
  /// missing.
  static func number(ofCount count: Int, quota: Int) -> Int {
    count == quota ? 0 : count == 0 ? 1 : quota - count + 1
  }

  /// The count that a number stands for; nil if it stands for none.
  static func count(ofNumber number: Int, quota: Int) -> Int? {
    number > quota ? nil : number == 0 ? quota : number == 1 ? 0 : quota - number + 1
  }

  /// The class of a gap: 0 up to 2, 1 up to 30, 2 above.
  @inline(__always)
  static func gapClass(_ gap: Int) -> Int { (gap > 2 ? 1 : 0) &+ (gap > 30 ? 1 : 0) }

  /// What a history becomes with another tag.
  @inline(__always)
  static func history(_ history: Int, then tag: Int) -> Int {
    (tag & 2) &<< 2 | (history & 3) &<< 1 | tag & 1
  }

  /// A number for every difference: 0, -1, 1, -2, 2 and so on become 0, 1, 2, 3, 4.
  static func zigzag(_ difference: Int) -> Int { difference << 1 ^ difference >> 63 }

  /// The difference that a number stands for.
  static func difference(ofZigzag number: Int) -> Int { number >> 1 ^ -(number & 1) }
}
