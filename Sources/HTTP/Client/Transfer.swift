import CCurl
import Synchronization

/// One request under way, as libcurl's callbacks see it.
///
/// The callbacks run on the thread that performs the request, which alone touches what is not in the mutex.
final class Transfer: @unchecked Sendable {
  private let isCancelled = Mutex(false)
  private let limitBytes: Int
  /// Takes the body of a success as it comes; nil to gather it.
  private let sink: (@Sendable ([UInt8]) -> Bool)?
  private(set) var status = 0
  private(set) var headers = Headers()
  private(set) var body: [UInt8] = []
  private(set) var isTooLarge = false

  init(limitBytes: Int, sink: (@Sendable ([UInt8]) -> Bool)?) {
    self.limitBytes = limitBytes
    self.sink = sink
  }

  func cancel() { isCancelled.withLock { $0 = true } }
  var wasCancelled: Bool { isCancelled.withLock { $0 } }

  /// Has libcurl call back with this transfer, which the caller keeps until the request is done.
  func install(in handle: UnsafeMutableRawPointer) {
    let own = Unmanaged.passUnretained(self).toOpaque()
    _ = ccurl_set_pointer(handle, CURLOPT_WRITEDATA, own)
    _ = ccurl_set_sink(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, own in
      Transfer.at(own, bytes, size * count) { $0.take($1) }
    }
    _ = ccurl_set_pointer(handle, CURLOPT_HEADERDATA, own)
    _ = ccurl_set_sink(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, own in
      Transfer.at(own, bytes, size * count) { $0.takeHeader($1) }
    }
    _ = ccurl_set_pointer(handle, CURLOPT_XFERINFODATA, own)
    _ = ccurl_set_number(handle, CURLOPT_NOPROGRESS, 0)
    _ = ccurl_set_progress(handle) { own, _, _, _, _ in
      guard let own else { return 1 }
      return Unmanaged<Transfer>.fromOpaque(own).takeUnretainedValue().wasCancelled ? 1 : 0
    }
  }

  private static func at(
    _ own: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
    _ body: (Transfer, [UInt8]) -> Bool
  ) -> Int {
    guard let own, let bytes else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(own).takeUnretainedValue()
    let copy = UnsafeBufferPointer(start: bytes, count: count).map(UInt8.init(bitPattern:))
    // Any other number than the bytes' tells libcurl to give up.
    return body(transfer, copy) ? count : 0
  }

  private func take(_ bytes: [UInt8]) -> Bool {
    if let sink, (200..<300).contains(status) { return sink(bytes) }
    guard body.count + bytes.count <= limitBytes else {
      isTooLarge = true
      return false
    }
    body += bytes
    return true
  }

  // A status line begins the head of another answer, such as the one after 100 Continue.
  private func takeHeader(_ bytes: [UInt8]) -> Bool {
    let line = String(decoding: bytes.prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      status = Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0
      headers = Headers()
    } else if let colon = line.firstIndex(of: ":") {
      headers.add(String(line[..<colon]), String(line[line.index(after: colon)...].trimmed))
    }
    return true
  }
}
