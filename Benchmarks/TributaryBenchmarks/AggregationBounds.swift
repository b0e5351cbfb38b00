private import COpenBLAS
import Dispatch
import Numerics

/// What this machine needs at least, measured on the vectors that are aggregated.
struct AggregationBounds {
  /// The seconds to read all vectors once from memory.
  let readSeconds: Double
  /// The seconds of the dot products of all vectors by OpenBLAS: the faster of sgemm and ssyrk.
  let gramSeconds: Double

  init(of batch: VectorBatch, threads: Int) {
    readSeconds = Stopwatch.fastestSeconds { Self.read(batch, threads: threads) }
    let runs = batch.count > 100 ? 2 : 5
    let general = Stopwatch.fastestSeconds(runs: runs) { Self.generalProduct(batch, threads: threads) }
    let symmetric = Stopwatch.fastestSeconds(runs: runs) { Self.symmetricProduct(batch, threads: threads) }
    gramSeconds = min(general, symmetric)
  }

  /// What bounds a case.
  func seconds(_ bound: AggregationCase.Bound) -> Double {
    switch bound {
    case .read: readSeconds
    case .gramAndRead: gramSeconds + readSeconds
    }
  }

  private static func read(_ batch: VectorBatch, threads: Int) {
    let length = batch.values.count / threads
    DispatchQueue.concurrentPerform(iterations: threads) { part in
      let values = batch.values.span.extracting(part * length..<(part + 1) * length)
      Stopwatch.keep(Int(Kernels.squaredNorm(values)))
    }
  }

  private static func generalProduct(_ batch: VectorBatch, threads: Int) {
    var products = [Float](repeating: 0, count: batch.count * batch.count)
    BLAS.setThreads(threads)
    BLAS.multiply(
      batch.values.span, as: .asStored, batch.values.span, as: .transposed,
      rows: batch.count, columns: batch.count, inner: batch.dimension, into: &products)
    BLAS.setThreads(1)
    Stopwatch.keep(Int(products[0]))
  }

  private static func symmetricProduct(_ batch: VectorBatch, threads: Int) {
    var products = [Float](repeating: 0, count: batch.count * batch.count)
    BLAS.setThreads(threads)
    cblas_ssyrk(
      CblasRowMajor, CblasUpper, CblasNoTrans, blasint(batch.count), blasint(batch.dimension),
      1, batch.values, blasint(batch.dimension), 0, &products, blasint(batch.count))
    BLAS.setThreads(1)
    Stopwatch.keep(Int(products[0]))
  }
}
