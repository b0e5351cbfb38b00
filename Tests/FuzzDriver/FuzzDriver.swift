import Foundation
import FuzzTargets

// libFuzzer's driver calls `checkInput` with one input after another. A crash is a finding, and so is what a
// target calls wrong, which stops the process. The pointers are libFuzzer's.

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ check: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The target that `FUZZ_TARGET` names; libFuzzer has the arguments to itself.
private let target: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
  guard let target = FuzzTargets.all.first(where: { $0.name == name }) else {
    let names = FuzzTargets.all.map(\.name).joined(separator: ", ")
    FileHandle.standardError.write(Data("FUZZ_TARGET is \"\(name)\"; the targets are \(names)\n".utf8))
    exit(64)
  }
  return target
}()

private func checkInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  if case .wrong(let finding) = target.outcome(of: input) { fatalError("\(target.name): \(finding)") }
  return 0
}

@_cdecl("fuzz_driver_main")
func fuzzMain(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
  var count = count
  var arguments = arguments
  return runDriver(&count, &arguments, checkInput)
}
