private import CLinux
private import Glibc

/// Two vectors of one length in a file in memory that another process maps as well: an input, which it
/// reads, and an output, which it writes.
///
/// The output begins at the next page after the input. Both are little-endian, as every processor is that
/// this runs on. The file's size is sealed before it is mapped, so that the other process cannot shorten
/// it; reading beyond its end would kill this one. What the other process writes may change at any time:
/// look at copies only.
public final class SharedFloats {
  /// What fills an output that has not been written to: a not-a-number that no arithmetic yields.
  private static let unwritten = Float(bitPattern: 0x7FC5_B1A5)
  /// A multiple of every page's length.
  private static let alignmentBytes = 4_096

  /// The file, to be handed to the other process.
  public let descriptor: CInt
  /// How many values a vector has; 0 before `resize`.
  public private(set) var count = 0
  private var memory: UnsafeMutableRawBufferPointer?

  /// Opens a file without content.
  ///
  /// - Throws: `NumericsError.noSharedMemory`.
  public init() throws(NumericsError) {
    descriptor = clinux_memory_file("tributary-trainer")
    guard descriptor >= 0 else { throw Self.failure(bytes: 0, errno) }
  }

  deinit {
    if let memory { munmap(memory.baseAddress, memory.count) }
    close(descriptor)
  }

  /// Gives the vectors their length, for good.
  ///
  /// - Parameter count: at least 1; this is called once.
  /// - Throws: `NumericsError.noSharedMemory`, also if somebody else has resized or sealed the file.
  public func resize(count: Int) throws(NumericsError) {
    precondition(count > 0 && memory == nil, "shared memory is resized once")
    let bytes = 2 * Self.bytes(of: count)
    // Memory that is promised now cannot be missing when it is touched, which would kill this process.
    let refusal = posix_fallocate(descriptor, 0, off_t(bytes))
    guard refusal == 0 else { throw Self.failure(bytes: bytes, refusal) }
    guard clinux_seal_size(descriptor) == 0 else { throw Self.failure(bytes: bytes, errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size == bytes else {
      throw .noSharedMemory(bytes: bytes, reason: "the trainer has resized it")
    }
    let mapped = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else { throw Self.failure(bytes: bytes, errno) }
    memory = UnsafeMutableRawBufferPointer(start: mapped, count: bytes)
    self.count = count
  }

  /// Copies values into the input.
  ///
  /// - Parameter values: `count` of them.
  public func write(_ values: [Float]) {
    precondition(values.count == count, "the vectors have \(count) values, not \(values.count)")
    values.withUnsafeBytes { memory?.copyMemory(from: $0) }
  }

  /// Fills the output with a value that no trainer writes.
  public func blankOutput() {
    output.initializeMemory(as: Float.self, repeating: Self.unwritten)
  }

  /// A copy of the output.
  public func readOutput() -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { values, filled in
      HugePages.advise(values)
      UnsafeMutableRawBufferPointer(values).copyMemory(from: UnsafeRawBufferPointer(output))
      filled = count
    }
  }

  /// Whether a value of an output has never been written.
  public static func isUnwritten(_ value: Float) -> Bool { value.bitPattern == unwritten.bitPattern }

  private var output: UnsafeMutableRawBufferPointer {
    guard let memory else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    let start = Self.bytes(of: count)
    return UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + 4 * count])
  }

  /// The bytes of a vector, up to the next page.
  private static func bytes(of count: Int) -> Int {
    (4 * count + alignmentBytes - 1) / alignmentBytes * alignmentBytes
  }

  private static func failure(bytes: Int, _ number: CInt) -> NumericsError {
    .noSharedMemory(bytes: bytes, reason: strerror(number).map { String(cString: $0) } ?? "error \(number)")
  }
}
