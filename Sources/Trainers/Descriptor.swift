import CLinux
import Glibc

/// An open descriptor, closed when this is let go of; children do not inherit it.
final class Descriptor: Sendable {
  /// The descriptors that a trainer gets stand below this number, so that none of ours is in their place.
  private static let firstNumber: CInt = 8

  let number: CInt

  /// Takes over a descriptor, and moves it above the numbers that a trainer gets.
  ///
  /// - Parameter call: what made it, for the error.
  /// - Throws: `TrainerFault.failed` if it is negative: the call failed.
  init(_ number: CInt, from call: String) throws(TrainerFault) {
    guard number >= 0 else { throw Self.failure(of: call) }
    guard number < Self.firstNumber else {
      self.number = number
      return
    }
    defer { close(number) }
    self.number = try Self.copy(number)
  }

  /// Another descriptor for the same file.
  init(copying number: CInt) throws(TrainerFault) { self.number = try Self.copy(number) }

  deinit { close(number) }

  private static func copy(_ number: CInt) throws(TrainerFault) -> CInt {
    let copy = fcntl(number, F_DUPFD_CLOEXEC, firstNumber)
    guard copy >= 0 else { throw failure(of: "fcntl") }
    return copy
  }

  private static func failure(of call: String) -> TrainerFault { .failed("\(call): \(reason(errno))") }

  /// A pipe: what is written to the second can be read from the first.
  static func pipe() throws(TrainerFault) -> (reading: Descriptor, writing: Descriptor) {
    var ends: [CInt] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw failure(of: "pipe2") }
    return (try Descriptor(ends[0], from: "pipe2"), try Descriptor(ends[1], from: "pipe2"))
  }

  /// Has reads and writes return at once when they would have to wait.
  func setNonBlocking() { _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) }

  /// Waits until there is something to read, and reads it.
  func waitAndRead() {
    var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    _ = poll(&entry, 1, -1)
    _ = read(upTo: 64)
  }

  /// What came of a read or a write that does not wait.
  enum Transfer<Value> {
    case done(Value)
    case wouldWait
    case ended
  }

  /// Reads what is there, up to a number of bytes; errors count as the end.
  func read(upTo count: Int) -> Transfer<[UInt8]> {
    var outcome = Transfer<[UInt8]>.ended
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let received = Self.retrying { Glibc.read(number, buffer.baseAddress, count) }
      if received < 0, errno == EAGAIN { outcome = .wouldWait }
      filled = max(0, received)
    }
    return bytes.isEmpty ? outcome : .done(bytes)
  }

  /// Writes as many bytes as there is room for, and says how many; errors count as the end.
  func write(_ bytes: ArraySlice<UInt8>) -> Transfer<Int> {
    let written = bytes.withUnsafeBytes { buffer in
      Self.retrying { Glibc.write(number, buffer.baseAddress, buffer.count) }
    }
    if written >= 0 { return .done(written) }
    return errno == EAGAIN ? .wouldWait : .ended
  }

  /// An error number in words.
  static func reason(_ number: CInt) -> String {
    strerror(number).map { String(cString: $0) } ?? "error \(number)"
  }

  private static func retrying(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }
}
