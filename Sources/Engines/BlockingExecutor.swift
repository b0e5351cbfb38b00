/// Runs an actor's jobs on a thread of its own, so that a blocking call, such as `fsync`, does not hold a
/// thread of the cooperative pool.
public final class BlockingExecutor: SerialExecutor {
  private let thread: BlockingThread

  /// Starts the thread.
  ///
  /// - Parameter label: names the thread in debuggers.
  public init(label: String) {
    thread = BlockingThread(label: label)
  }

  /// Has a job run after those before.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    thread.enqueue { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
