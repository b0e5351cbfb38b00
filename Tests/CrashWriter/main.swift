// Writes the steps of `CrashWorkload` from a given one on, and acknowledges each part on its standard output
// once it is durable. EnginesTests kills it in the midst.
//
//     CrashWriter FOLDER FIRST-STEP

import Engines
import EnginesTestKit
import Glibc
import Ledger

func acknowledge(_ acknowledgement: CrashAcknowledgement) {
  let line = Array((acknowledgement.line + "\n").utf8)
  // Shorter than a pipe's buffer, so it is written whole or not at all.
  guard write(STDOUT_FILENO, line, line.count) == line.count else { exit(2) }
}

func run(folder: String, firstStep: Int) async throws {
  let workload = try CrashWorkload()
  let blobs = try await FileBlobStore.open(CrashWorkload.blobsPath(in: folder))
  let log = try await SQLiteLog.open(
    CrashWorkload.logPath(in: folder), network: workload.genesis.network)
  for step in firstStep..<firstStep + CrashWorkload.stepsLimit {
    _ = try await blobs.put(workload.blob(step: step))
    acknowledge(.blob(step: step))
    let positions = try await log.append(workload.batch(step: step))
    acknowledge(.batch(step: step, first: positions[0].index))
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let firstStep = Int(arguments[2]) else { exit(64) }
// A test run that is stopped leaves no writer behind.
alarm(CrashWorkload.lifetimeSeconds)
do {
  try await run(folder: arguments[1], firstStep: firstStep)
} catch {
  let message = Array("CrashWriter: \(error)\n".utf8)
  _ = write(STDERR_FILENO, message, message.count)
  exit(1)
}
