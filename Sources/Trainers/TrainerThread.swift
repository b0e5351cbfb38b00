import Foundation
import Learning
import Numerics

/// A thread that owns a trainer's processes: it starts them, waits for them, and sees them end. A call
/// holds no thread of the cooperative pool.
final class TrainerThread: Sendable {
  private let mailbox: Mailbox

  /// Starts the thread, and no process yet.
  ///
  /// - Throws: `TrainerFault.failed` if there are no descriptors left.
  init(
    _ command: TrainerCommand, expecting layout: ParameterLayout?,
    report: @escaping @Sendable (String) -> Void
  ) throws(TrainerFault) {
    let wake = try WakePipe()
    let mailbox = Mailbox { wake.wake() }
    let thread = Thread {
      TrainerLoop(command, expecting: layout, mailbox: mailbox, wake: wake.reading, report: report).run()
      mailbox.ended()
    }
    thread.name = "trainer"
    thread.start()
    self.mailbox = mailbox
  }

  deinit { mailbox.close() }

  /// Has the thread do something behind what was asked of it before. If the surrounding task is cancelled,
  /// it is not done, or broken off.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable (TrainerLoop) throws(LearningError) -> Value
  ) async throws(LearningError) -> Value {
    let number = mailbox.newNumber()
    let result: Result<Value, LearningError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        mailbox.append(
          Mailbox.Order(
            number: number,
            run: { loop in
              continuation.resume(returning: Result { () throws(LearningError) -> Value in try body(loop) })
            },
            refuse: { continuation.resume(returning: .failure($0.error(LastLines()))) }))
      }
    } onCancel: {
      mailbox.cancel(number)
    }
    return try result.get()
  }

  /// Ends the trainer, and returns once it is gone. What is under way fails.
  func stop() async {
    mailbox.close()
    await mailbox.waitForEnd()
  }
}

/// What wakes a thread that waits for descriptors.
private final class WakePipe: Sendable {
  let reading: Descriptor
  private let writing: Descriptor

  init() throws(TrainerFault) {
    (reading, writing) = try Descriptor.pipe()
    reading.setNonBlocking()
    writing.setNonBlocking()
  }

  func wake() { _ = writing.write([0]) }
}
