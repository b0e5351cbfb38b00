// Runs a trainer until it is killed, and tells whoever started it that the trainer answers. TrainersTests kills it
// in the midst.
//
//     TrainerHost FOLDER PROGRAM [ARGUMENT...]

import Foundation
import Trainers

let arguments = CommandLine.arguments
guard arguments.count > 2 else { exit(64) }
// A test run that is stopped leaves nothing behind.
alarm(300)
do {
  let command = TrainerCommand(Array(arguments[2...]), folder: arguments[1])
  let trainer = try await ProcessTrainer.start(command, expecting: nil) { _ in }
  FileHandle.standardOutput.write(Data("\(trainer.name)\n".utf8))
  // The trainer of the test does not answer this.
  _ = try await trainer.initialWeights(seed: 1)
} catch {
  FileHandle.standardError.write(Data("TrainerHost: \(error)\n".utf8))
}
exit(1)
