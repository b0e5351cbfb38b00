import Wire

/// Blobs in memory: those that are being downloaded, which have a limit together, and those that the next may
/// ask for. All who download one blob share it.
struct BlobShelf: Sendable {
  private struct Loan: Sendable {
    let bytes: [UInt8]
    var readers: Int
  }

  private let lentBytesLimit: Int
  private var loans: [Digest: Loan] = [:]
  private var recent: BoundedMemory<Digest, [UInt8]>
  private(set) var lentBytes = 0

  init(lentBytesLimit: Int, recentBytesLimit: Int) {
    self.lentBytesLimit = lentBytesLimit
    recent = BoundedMemory(limit: recentBytesLimit)
  }

  /// Bytes of blobs that nobody may be downloading.
  var recentBytes: Int { recent.cost }

  /// A blob that is at hand.
  subscript(digest: Digest) -> [UInt8]? { loans[digest]?.bytes ?? recent[digest] }

  /// Keeps a blob that was fetched for the next who asks.
  mutating func keep(_ digest: Digest, _ bytes: [UInt8]) {
    recent.set(digest, bytes, cost: bytes.count)
  }

  /// Lends a blob to one more reader, who gives it back; false if too much is lent. One blob is lent however
  /// long it is.
  mutating func lend(_ digest: Digest, _ bytes: [UInt8]) -> Bool {
    if loans[digest] == nil {
      guard loans.isEmpty || lentBytes + bytes.count <= lentBytesLimit else { return false }
      loans[digest] = Loan(bytes: bytes, readers: 0)
      lentBytes += bytes.count
    }
    loans[digest]?.readers += 1
    return true
  }

  /// Takes a blob back from a reader.
  mutating func takeBack(_ digest: Digest) {
    guard let loan = loans[digest] else { return }
    loans[digest]?.readers -= 1
    guard loan.readers == 1 else { return }
    loans[digest] = nil
    lentBytes -= loan.bytes.count
  }
}
