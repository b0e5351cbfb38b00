import Foundation
import Wire

/// The contributors of a load, as the gateway sees them: each holds a connection, and the first of them hold
/// two more, to follow the events and to download what these announce.
final class Crowd {
  /// How a load went.
  struct Sending {
    var acceptedUpdates = 0
    var acceptedPacketBytes = 0
    /// From the first request to the last answer.
    var seconds = 0.0
    /// From a commitment's first byte to its answer, one an update.
    var commitmentSeconds: [Double] = []
    /// From a packet's first byte to the answer that it was accepted, one an update.
    var uploadSeconds: [Double] = []
  }

  /// What is under way on a contributor's connection.
  private struct Step {
    let update: UpdateRequests
    var isUpload = false
    var start: ContinuousClock.Instant
  }

  /// A version that is being published.
  private struct Publishing {
    let step: Digest
    /// When the attestation was sent that makes it final.
    var start: ContinuousClock.Instant
    /// From then on, one a follower that has the step.
    var seconds: [Double] = []
  }

  // The longest time without any answer.
  private static let silenceSeconds = 30

  private let pool: ClientPool
  private let clock = ContinuousClock()
  private let contributors: Range<Int>
  private let validator: Int
  private var streams = 0..<0
  private var readers = 0..<0
  private var greeted = 0
  private var openStreams = 0
  private var steps: [Int: Step] = [:]
  private var waiting: ArraySlice<UpdateRequests> = []
  private var nextContributor = 0
  private var sending = Sending()
  private var attestations: ArraySlice<[UInt8]> = []
  private var publishing: Publishing?

  /// Connects contributors to a gateway.
  init(contributorCount: Int, port: UInt16) throws {
    pool = try ClientPool()
    contributors = try pool.connect(contributorCount, port: port)
    validator = try pool.connect(1, port: port).lowerBound
  }

  /// Has every contributor ask for the log's head, so that the gateway has taken all connections.
  func greet() throws {
    for contributor in contributors { try pool.send(UpdateRequests.get("/v1/head"), on: contributor) }
    try run { self.greeted == self.contributors.count }
  }

  /// Has so many contributors follow the events.
  func follow(_ count: Int, port: UInt16) throws {
    readers = try pool.connect(count, port: port)
    streams = try pool.connect(count, port: port)
    for stream in streams { try pool.send(UpdateRequests.get("/v1/events"), on: stream, isEndless: true) }
    try run { self.openStreams == count }
  }

  /// Has a version made final, and returns how long each follower waited for its step, in seconds.
  func publish(_ publication: LoadScene.Publication) throws -> [Double] {
    publishing = Publishing(step: publication.step, start: clock.now)
    attestations = publication.attestations[...]
    try attest()
    try run { self.publishing?.seconds.count == self.streams.count }
    return publishing?.seconds ?? []
  }

  /// Has every contributor send one update, so many of them at a time, and a few versions published
  /// meanwhile.
  ///
  /// - Returns: how the load went, and how long each follower waited for each step
  func send(
    _ updates: [UpdateRequests], atOnce limit: Int, publishing publications: [LoadScene.Publication] = []
  ) throws -> (sending: Sending, followerSeconds: [[Double]]) {
    (waiting, sending, nextContributor) = (updates[...], Sending(), contributors.lowerBound)
    var followerSeconds: [[Double]] = []
    let start = clock.now
    for _ in 0..<min(limit, updates.count) { try sendNext() }
    for (number, publication) in publications.enumerated() {
      let due = updates.count * (number + 1) / (publications.count + 1)
      try run { self.sending.acceptedUpdates >= due }
      followerSeconds.append(try publish(publication))
    }
    try run { self.steps.isEmpty }
    sending.seconds = (clock.now - start) / .seconds(1)
    return (sending, followerSeconds)
  }

  // MARK: sending

  private func sendNext() throws {
    guard let update = waiting.popFirst() else { return }
    steps[nextContributor] = Step(update: update, start: clock.now)
    try pool.send(update.commitment, on: nextContributor)
    nextContributor += 1
  }

  private func proceed(on contributor: Int) throws {
    guard var step = steps[contributor] else { throw BenchmarkError("an answer came that nobody asked for") }
    let seconds = (clock.now - step.start) / .seconds(1)
    if step.isUpload {
      sending.uploadSeconds.append(seconds)
      sending.acceptedUpdates += 1
      sending.acceptedPacketBytes += step.update.packetBytes
      steps[contributor] = nil
      try sendNext()
    } else {
      sending.commitmentSeconds.append(seconds)
      step.isUpload = true
      step.start = clock.now
      steps[contributor] = step
      try pool.send(step.update.upload, on: contributor)
    }
  }

  // MARK: publishing

  private func attest() throws {
    guard let attestation = attestations.popFirst() else { return }
    if attestations.isEmpty { publishing?.start = clock.now }
    try pool.send(UpdateRequests.order(attestation), on: validator)
  }

  private func hear(_ part: ArraySlice<UInt8>, on stream: Int) throws {
    let text = String(decoding: part, as: UTF8.self)
    if text.hasPrefix("HTTP/1.1 ") {
      guard text.hasPrefix("HTTP/1.1 200 ") else { throw BenchmarkError("no events: \(text)") }
      openStreams += 1
    }
    guard let publishing, text.contains(publishing.step.hex) else { return }
    let reader = readers.lowerBound + (stream - streams.lowerBound)
    try pool.send(UpdateRequests.get("/v1/blobs/\(publishing.step.hex)"), on: reader)
  }

  // MARK: waiting

  private func run(until isDone: () -> Bool) throws {
    var last = clock.now
    while !isDone() {
      try pool.wait(seconds: 1) { number, arrival in
        last = clock.now
        try take(arrival, on: number)
      }
      guard clock.now - last < .seconds(Self.silenceSeconds) else {
        throw BenchmarkError("the gateway has said nothing for \(Self.silenceSeconds) seconds")
      }
    }
  }

  private func take(_ arrival: ClientPool.Arrival, on number: Int) throws {
    switch arrival {
    case .part(let part): try hear(part, on: number)
    case .answer(let status, let body):
      let isOrder = steps[number] != nil || number == validator
      guard status == (isOrder ? 201 : 200) else {
        throw BenchmarkError("the gateway answered \(status): \(String(decoding: body, as: UTF8.self))")
      }
      if number == validator {
        try attest()
      } else if isOrder {
        try proceed(on: number)
      } else if let start = publishing?.start, readers.contains(number) {
        publishing?.seconds.append((clock.now - start) / .seconds(1))
      } else {
        greeted += 1
      }
    }
  }
}
