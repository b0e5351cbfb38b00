/// n vectors of one length d, as the rows of a row-major matrix X.
///
/// The kernels on batches take finite values.
public struct VectorBatch: Sendable, Equatable {
  /// The most vectors that a batch may have: their Gram matrix then takes half a gigabyte.
  public static let maximumCount = 8_192

  /// How many vectors there are: n, at least 1.
  public let count: Int
  /// The length of each vector: d, at least 1.
  public let dimension: Int
  /// The vectors one after another: n * d values.
  public let values: [Float]

  /// Takes vectors that lie one after another.
  ///
  /// - Parameters:
  ///   - count: 1...`maximumCount`.
  ///   - dimension: at least 1.
  ///   - values: `count` * `dimension` values.
  public init(count: Int, dimension: Int, values: [Float]) throws(NumericsError) {
    guard count >= 1, dimension >= 1 else { throw .emptyBatch(count: count, dimension: dimension) }
    guard count <= Self.maximumCount else {
      throw .tooManyVectors(count: count, limit: Self.maximumCount)
    }
    let (expected, overflow) = count.multipliedReportingOverflow(by: dimension)
    guard !overflow, values.count == expected else {
      throw .wrongValueCount(count: count, dimension: dimension, values: values.count)
    }
    self.count = count
    self.dimension = dimension
    self.values = values
  }

  /// Copies vectors of one length.
  public init(rows: [[Float]]) throws(NumericsError) {
    let dimension = rows.first?.count ?? 0
    if let wrong = rows.firstIndex(where: { $0.count != dimension }) {
      throw .unequalVectors(vector: wrong, count: rows[wrong].count, expected: dimension)
    }
    var values: [Float] = []
    if rows.count <= Self.maximumCount {
      values.reserveCapacity(rows.count * dimension)
      for row in rows { values += row }
    }
    try self.init(count: rows.count, dimension: dimension, values: values)
  }

  /// The lengths have been checked.
  init(uncheckedCount count: Int, dimension: Int, values: [Float]) {
    self.count = count
    self.dimension = dimension
    self.values = values
  }

  /// One vector.
  ///
  /// - Parameter index: 0..<`count`.
  public func row(_ index: Int) -> [Float] {
    precondition((0..<count).contains(index), "there is no vector \(index) among \(count)")
    return Array(values[(index * dimension)..<((index + 1) * dimension)])
  }
}
