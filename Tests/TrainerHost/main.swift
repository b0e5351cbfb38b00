// Runs a trainer on behalf of TrainersTests, in a process that can be killed, and whose descriptors and
// children can be counted.
//
//     TrainerHost hold FOLDER PROGRAM [ARGUMENT...]    says the trainer's name, and waits to be killed
//     TrainerHost count FOLDER PROGRAM [ARGUMENT...]   has it live many times, and counts what is left

import Foundation
import Numerics
import Trainers

private let lives = 40

private func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

private func start(_ command: TrainerCommand) async throws -> ProcessTrainer {
  try await ProcessTrainer.start(command, expecting: nil) { _ in }
}

/// Starts a trainer, has it fail and start again, and stops it.
private func live(_ command: TrainerCommand) async throws {
  let trainer = try await start(command)
  for _ in 0..<4 { _ = try? await trainer.gradient([Float](repeating: 0, count: trainer.layout.count)) }
  await trainer.stop()
  let broken = TrainerCommand(["./no-such-program"], folder: command.folder)
  _ = try? await start(broken)
}

private func descriptors() throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
}

/// The processes that this one is the parent of, whether they live or wait to be waited for.
private func children() throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: "/proc").count { name in
    let status = try? String(contentsOfFile: "/proc/\(name)/status", encoding: .utf8)
    return status?.contains("PPid:\t\(getpid())\n") ?? false
  }
}

let arguments = CommandLine.arguments
guard arguments.count > 3 else { exit(64) }
// A test run that is stopped leaves nothing behind.
alarm(300)
do {
  let command = TrainerCommand(Array(arguments[3...]), folder: arguments[2])
  if arguments[1] == "hold" {
    let trainer = try await start(command)
    say(trainer.name)
    while true { try await Task.sleep(for: .seconds(60)) }
  }
  try await live(command)
  let before = try descriptors()
  for _ in 0..<lives { try await live(command) }
  say("\(before) \(try descriptors()) \(try children())")
} catch {
  FileHandle.standardError.write(Data("TrainerHost: \(error)\n".utf8))
  exit(1)
}
