import Engines
import Wire

/// A node's questions that wait for answers. Each is repeated until it has one: messages get lost, and
/// whoever is asked may be down.
struct Calls<Purpose: Sendable>: Sendable {
  private struct Call: Sendable {
    var receiver: NodeID
    let message: Message
    let purpose: Purpose
    var attempts = 1
  }

  private static var callsPerLife: UInt64 { 1 << 32 }

  private let retrySeconds: Double
  private var open: [UInt64: Call] = [:]
  private var nextNumber: UInt64

  /// - Parameters:
  ///   - life: which of the node's lives it is, so that no answer to an earlier one is taken for its own
  ///   - retrySeconds: from one attempt to the next
  init(life: Int, retrySeconds: Double) {
    nextNumber = UInt64(life) * Self.callsPerLife
    self.retrySeconds = retrySeconds
  }

  /// Asks.
  mutating func ask(_ receiver: NodeID, for purpose: Purpose, _ message: (UInt64) -> Message) -> [Effect] {
    let number = nextNumber
    nextNumber += 1
    open[number] = Call(receiver: receiver, message: message(number), purpose: purpose)
    return send(number)
  }

  /// Has an order put into the log.
  mutating func append(_ envelope: Envelope, for purpose: Purpose) -> [Effect] {
    ask(.log, for: purpose) { .append($0, .init(id: envelope.id, bytes: envelope.wireBytes)) }
  }

  /// What an open question is for; nil if it was answered before.
  func purpose(of number: UInt64) -> Purpose? { open[number]?.purpose }

  /// How often an open question was asked.
  func attempts(of number: UInt64) -> Int { open[number]?.attempts ?? 0 }

  /// Closes a question.
  ///
  /// - Returns: what it was for; nil if it was closed before
  mutating func close(_ number: UInt64) -> Purpose? { open.removeValue(forKey: number)?.purpose }

  /// Asks again, if there is no answer yet.
  ///
  /// - Parameter receiver: somebody else to ask; nil for the one who was asked before
  mutating func retry(_ number: UInt64, receiver: NodeID? = nil) -> [Effect] {
    guard open[number] != nil else { return [] }
    open[number]?.attempts += 1
    if let receiver { open[number]?.receiver = receiver }
    return send(number)
  }

  private func send(_ number: UInt64) -> [Effect] {
    guard let call = open[number] else { return [] }
    return [.send(call.message, to: call.receiver), .alarm(.retry(number), afterSeconds: retrySeconds)]
  }
}
