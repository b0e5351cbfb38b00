import Foundation

/// Why a benchmark could not be run.
struct BenchmarkError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Programs that are measured, or measure, from outside.
enum Subprocess {
  /// Runs a program to its end and returns what it printed. What it says on standard error is dropped.
  static func output(of program: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchmarkError("\(program) ended with status \(process.terminationStatus)")
    }
    return output
  }
}

/// A folder that is gone afterwards. It lies beside the results, on the disk that a network would be on.
enum TemporaryFolder {
  static func with<Value>(_ body: (String) throws -> Value) throws -> Value {
    let path = try make()
    defer { remove(path) }
    return try body(path)
  }

  static func with<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = try make()
    defer { remove(path) }
    return try await body(path)
  }

  private static func make() throws -> String {
    let path = "Benchmarks/out/scratch-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private static func remove(_ path: String) {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      Progress.say("  \(path) is left over: \(error)")
    }
  }
}
