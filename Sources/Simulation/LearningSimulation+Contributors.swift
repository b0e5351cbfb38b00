import Agents
import Aggregation
import Engines
import Learning
import Ledger
import Numerics
import Wire

// What contributors want done.
extension LearningSimulation {
  mutating func carryOut(_ directive: Contributor.Directive, of index: Int) {
    switch directive {
    case .order(let envelope): request(.order(envelope), of: index, bytes: envelope.wireBytes.count)
    case .upload(let packet, let submission):
      request(
        .upload(packet: packet, submission: submission), of: index,
        bytes: packet.count + submission.wireBytes.count)
      recorder.sawUpload(of: index, key: submission.signer, packet)
    case .pull(let version, let epoch): request(.pull(after: version, epoch: epoch), of: index, bytes: 0)
    case .train(let weights, let configuration): train(index, weights, configuration)
    case .report(let message): recorder.report(message, of: index)
    }
  }

  private mutating func request(_ request: Request, of index: Int, bytes: Int) {
    recorder.sent(bytes, by: index)
    let device = federation.members[index].device
    queue.push(
      .request(index, request), at: later(settings.latencySeconds + device.upSeconds(bytes), for: index))
  }

  /// When so much of a contributor's time is over.
  private func later(_ duration: Double, for index: Int) -> Double {
    federation.members[index].device.availability.end(of: duration, from: seconds)
  }

  /// Trains beside the simulation, and packs the update there as well unless an attack is to change it.
  private mutating func train(_ index: Int, _ weights: [Float], _ configuration: TrainingConfiguration) {
    let member = federation.members[index]
    let jitter = RunSettings.jitter(using: &random)
    let examples = settings.training.examplesMet(of: member.trainer.exampleCount)
    let duration = settings.secondsPerExample * examples * member.device.slowness * jitter
    if let part = settings.dropout.lostPart(using: &random) {
      let lost = duration * part + settings.dropout.pauseSeconds
      return queue.push(.lostTraining(index), at: later(lost, for: index))
    }
    let node = member.attack == nil ? contributors[index] : nil
    let work = trainings.add {
      do {
        let result = try await member.trainer.train(weights, configuration)
        return node.map { .contributor(index, .packed($0.pack(result))) }
          ?? .trained(index, from: weights, result)
      } catch {
        return .contributor(index, .trainingFailed("\(error)"))
      }
    }
    queue.push(.finished(work), at: later(duration, for: index))
  }
}

// What the gateway answers them, and tells everybody.
extension LearningSimulation {
  /// Has the gateway answer a contributor, which has one request under way at most and names it.
  mutating func serve(_ request: Request, of index: Int) async throws {
    do {
      switch request {
      case .order(let envelope):
        let opened = try Gateway.Opened(trusting: envelope)
        try await answer(gateway.order(index, opened, seconds: seconds), opened)
      case .upload(let packet, let submission):
        let opened = try Gateway.Opened(trusting: submission)
        var answer = gateway.offer(index, opened, packetBytes: packet.count, seconds: seconds)
        if case .receive? = answer.first { answer = gateway.handle(.upload(index, packet)) }
        try await self.answer(answer, opened)
      case .pull(let version, let epoch):
        guard let offer else { return }
        let pull = Gateway.Request.pull(task: offer.id, after: version, epoch: epoch)
        for directive in gateway.handle(.request(index, pull, seconds: seconds)) {
          try await answer(directive)
        }
      }
    } catch let refusal as GatewayRefusal {
      reply(index, .refused(.zero, refusal.description))
    }
  }

  private mutating func answer(_ directives: [Gateway.Directive], _ opened: Gateway.Opened) async throws {
    for directive in directives {
      switch directive {
      case .store(let number, let bytes):
        _ = try await blobs.put(bytes)
        try await answer(gateway.handle(.stored(number)), opened)
      case .append(let number, _, _):
        try await append(opened.record, opened.envelope)
        try await answer(gateway.handle(.appended(number)), opened)
      default: try await answer(directive)
      }
    }
  }

  private mutating func answer(_ directive: Gateway.Directive) async throws {
    switch directive {
    case .accept(let index, let id): reply(index, .accepted(id))
    case .refuse(let index, let id, .rules(.wrongSeal)): reply(index, .refusedSeal(id))
    case .refuse(let index, let id, let refusal): reply(index, .refused(id, refusal.description))
    case .answer(let index, let certificate, let digests, let handovers):
      var published: [[UInt8]] = []
      for digest in digests { published.append(try await step(digest)) }
      let certificateBytes = certificate?.wireBytes.count ?? 0
      recorder.received(steps: published.map(\.count), certificate: certificateBytes)
      let version = PublishedVersion(certificate: certificate, steps: published, handovers: handovers)
      reply(
        index, follow(version, as: index),
        bytes: published.reduce(certificateBytes + handovers.reduce(0) { $0 + $1.wireBytes.count }) {
          $0 + $1.count
        })
    case .receive, .store, .append, .announce, .deliver: break
    }
  }

  /// What a contributor makes of an answer. What the first one followed and checked is what every other one
  /// at an earlier version would come to, so that they take it over, and share its weights.
  private mutating func follow(_ published: PublishedVersion, as index: Int) -> Contributor.Event {
    guard !published.steps.isEmpty, published.handovers.isEmpty, let node = contributors[index] else {
      return .pulled(published)
    }
    let reached = node.version + UInt64(published.steps.count)
    if let newest, newest.model.number == reached { return .followed(newest) }
    var model = node.followed
    guard (try? model.follow(published)) != nil, model.model.number == reached else {
      return .pulled(published)
    }
    newest = model
    return .followed(model)
  }

  private mutating func step(_ digest: Digest) async throws -> [UInt8] {
    if let bytes = steps[digest] { return bytes }
    let bytes = try await blobs.get(digest)
    steps[digest] = bytes
    return bytes
  }

  /// What the gateway tells everybody.
  mutating func carryOut(
    _ directive: Gateway.Directive, _ progress: @Sendable (RunRecord.Version) -> Void
  ) async throws {
    switch directive {
    case .announce(let header):
      try await recorder.finalised(header, step: try await step(header.step), at: seconds, progress)
      queue.push(.announced(version: header.version), at: seconds + settings.latencySeconds)
    case .deliver(let receipts):
      for receipt in receipts {
        if let index = indices[receipt.contributor] { reply(index, .judged(receipt)) }
      }
    default: break
    }
  }

  private mutating func reply(_ index: Int, _ event: Contributor.Event, bytes: Int = 0) {
    let device = federation.members[index].device
    queue.push(
      .contributor(index, event), at: later(settings.latencySeconds + device.downSeconds(bytes), for: index))
  }
}
