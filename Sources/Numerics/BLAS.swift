private import COpenBLAS

/// Matrix products by OpenBLAS, for training and judging.
///
/// Their last bits depend on the machine and on the number of threads, so nothing that a replica computes
/// may use them.
public enum BLAS {
  /// How a matrix enters a product.
  public enum Orientation: Sendable {
    /// As it lies in memory, row by row.
    case asStored
    /// With its rows and columns exchanged.
    case transposed
  }

  /// The most threads that OpenBLAS may be asked for.
  public static let maximumThreads = 256

  /// Sets how many threads one matrix product uses, in the whole process.
  ///
  /// Use 1 when several tasks train at the same time.
  ///
  /// - Parameter count: 1...`maximumThreads`.
  public static func setThreads(_ count: Int) {
    precondition((1...maximumThreads).contains(count), "OpenBLAS cannot use \(count) threads")
    openblas_set_num_threads(Int32(count))
  }

  /// How many threads one matrix product uses.
  public static var threads: Int { Int(openblas_get_num_threads()) }

  /// c = alpha * op(a) * op(b) + beta * c, all row-major.
  ///
  /// - Parameters:
  ///   - a: op(a) is `rows` x `inner`; stored as `inner` x `rows` when transposed.
  ///   - aOrientation: what op does to a.
  ///   - b: op(b) is `inner` x `columns`; stored as `columns` x `inner` when transposed.
  ///   - bOrientation: what op does to b.
  ///   - rows: the rows of c.
  ///   - columns: the columns of c.
  ///   - inner: the length of each dot product.
  ///   - alpha: the factor of the product.
  ///   - beta: the factor of what c holds already; with 0, c is only written.
  ///   - c: receives `rows` x `columns` values. All three may be longer than their matrices.
  ///   - offset: where the matrix begins in `c`.
  public static func multiply(
    _ a: Span<Float>, as aOrientation: Orientation,
    _ b: Span<Float>, as bOrientation: Orientation,
    rows: Int, columns: Int, inner: Int,
    alpha: Float = 1, beta: Float = 0, into c: inout [Float], at offset: Int = 0
  ) {
    precondition(rows > 0 && columns > 0 && inner > 0, "a matrix product needs at least one row and column")
    precondition(
      a.count >= rows * inner && b.count >= inner * columns && offset >= 0
        && c.count - offset >= rows * columns,
      "the matrices of a \(rows) x \(inner) x \(columns) product are too short")
    // The C binding takes pointers; the lengths were checked above.
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          guard let product = c.baseAddress else { return }
          cblas_sgemm(
            CblasRowMajor, aOrientation.code, bOrientation.code,
            blasint(rows), blasint(columns), blasint(inner),
            alpha, a.baseAddress, blasint(aOrientation == .asStored ? inner : rows),
            b.baseAddress, blasint(bOrientation == .asStored ? columns : inner),
            beta, product + offset, blasint(columns))
        }
      }
    }
  }
}

extension BLAS.Orientation {
  fileprivate var code: CBLAS_TRANSPOSE { self == .asStored ? CblasNoTrans : CblasTrans }
}
