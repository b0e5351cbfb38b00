import Glibc

/// An open file or folder, closed when the value goes out of scope.
struct OpenFile: ~Copyable {
  let path: String
  private let descriptor: CInt

  /// Opens a file with the flags of `open(2)`; children do not inherit it.
  init(_ path: String, flags: CInt, permissions: mode_t = 0) throws(EngineError) {
    let opened = Self.retryingInterrupted { Glibc.open(path, flags | O_CLOEXEC, permissions) }
    guard opened >= 0 else { throw .system("open", path: path, number: errno) }
    self.path = path
    descriptor = opened
  }

  deinit { _ = Glibc.close(descriptor) }

  /// Opens a regular file for reading, and refuses anything else without waiting for it, as a pipe would make
  /// us.
  static func reading(_ path: String) throws(EngineError) -> OpenFile {
    let file = try OpenFile(path, flags: O_RDONLY | O_NONBLOCK)
    guard try file.status().st_mode & S_IFMT == S_IFREG else {
      throw EngineError(
        .unexpectedFile, at: path, problem: "it is not a regular file",
        remedy: "move it away or check the path")
    }
    return file
  }

  func status() throws(EngineError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system("inspect", path: path, number: errno) }
    return status
  }

  func sizeBytes() throws(EngineError) -> Int { Int(try status().st_size) }

  /// Reads up to `count` bytes; fewer only at the end of the file.
  func read(upTo count: Int) throws(EngineError) -> [UInt8] {
    var failure: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let start = buffer.baseAddress.map { $0 + filled }
        let room = count - filled
        let received = Self.retryingInterrupted { Glibc.read(descriptor, start, room) }
        if received < 0 { failure = errno }
        if received <= 0 { return }
        filled += received
      }
    }
    guard failure == 0 else { throw .system("read", path: path, number: failure) }
    return bytes
  }

  func write(_ bytes: [UInt8]) throws(EngineError) {
    var failure: CInt = 0
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let start = buffer.baseAddress.map { $0 + written }
        let room = buffer.count - written
        let sent = Self.retryingInterrupted { Glibc.write(descriptor, start, room) }
        if sent < 0 {
          failure = errno
          return
        }
        written += sent
      }
    }
    guard failure == 0 else { throw .system("write", path: path, number: failure) }
  }

  /// Cuts the file off after so many bytes.
  func truncate(to bytes: Int) throws(EngineError) {
    guard Self.retryingInterrupted({ ftruncate(descriptor, off_t(bytes)) }) == 0 else {
      throw .system("shorten", path: path, number: errno)
    }
  }

  /// Waits until what was written is on the disk.
  func sync() throws(EngineError) {
    guard Self.retryingInterrupted({ fsync(descriptor) }) == 0 else {
      throw .system("synchronise", path: path, number: errno)
    }
  }

  /// Locks the file until it is closed: alone, or together with others who share it. It does not wait.
  ///
  /// - Throws: `EngineError` with code `inUse`.
  func lock(exclusively: Bool) throws(EngineError) {
    let kind = exclusively ? LOCK_EX : LOCK_SH
    guard Self.retryingInterrupted({ flock(descriptor, kind | LOCK_NB) }) == 0 else {
      if errno == EWOULDBLOCK { throw .inUse(path) }
      throw .system("lock", path: path, number: errno)
    }
  }

  private static func retryingInterrupted<Value: SignedInteger>(_ call: () -> Value) -> Value {
    while true {
      let result = call()
      if result != -1 || errno != EINTR { return result }
    }
  }
}
