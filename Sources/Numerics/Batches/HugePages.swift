private import Glibc

/// Pages of 2 MB for large results: the first write to each page costs as much as writing some of them.
enum HugePages {
  private static let pageByteCount = 2 << 20

  /// Asks for huge pages, for memory that has not been written yet.
  static func advise(_ buffer: UnsafeMutableBufferPointer<Float>) {
    guard let base = buffer.baseAddress else { return }
    let (start, end) = (UInt(bitPattern: base), UInt(bitPattern: base + buffer.count))
    let page = UInt(pageByteCount)
    // Whole huge pages only. Where the advice is not taken, memory is as fast as it is.
    let (first, last) = ((start + page - 1) / page * page, end / page * page)
    guard first < last else { return }
    _ = madvise(UnsafeMutableRawPointer(bitPattern: first), Int(last - first), MADV_HUGEPAGE)
  }
}
