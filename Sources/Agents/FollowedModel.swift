public import Aggregation
public import Ledger
import Updates
import Wire

/// A version's certificate and the steps that lead to it, as a gateway hands them out.
public struct PublishedVersion: Sendable {
  /// The certificate of the newest final version; nil while that is version 0.
  public let certificate: Certificate?
  /// The encoded steps from the asker's version to that one.
  public let steps: [[UInt8]]
  /// How the validators that the asker trusts handed over, one set after another, to the newest there is.
  public let handovers: [Handover]

  /// Puts an answer together.
  public init(certificate: Certificate?, steps: [[UInt8]], handovers: [Handover] = []) {
    self.certificate = certificate
    self.steps = steps
    self.handovers = handovers
  }
}

/// A model that is followed from step to step, trusting nothing but the validators' keys.
public struct FollowedModel: Sendable {
  /// The version held now.
  public private(set) var model: ModelVersion
  private var client: LightClient
  /// The epoch of the validators that certified `model`; zero for version 0.
  private var certifiedEpoch: UInt64 = 0

  /// The epoch of the newest validators that are trusted.
  public var epoch: UInt64 { client.epoch }

  /// The newest validators that are trusted.
  public var validators: ValidatorSet { client.validators }

  /// Starts from a task's first weights.
  ///
  /// - Throws: `AgentError.task`
  public init(_ offer: TaskOffer, firstWeights: [Float], genesis: Genesis) throws(AgentError) {
    do {
      model = try ModelVersion(task: offer.id, weights: firstWeights)
    } catch {
      throw .task(error.description)
    }
    client = LightClient(genesis)
  }

  /// Starts from the weights of a later version, which the validators certified.
  ///
  /// - Throws: `AgentError.task` if the weights make no model, or `AgentError.version`
  public init(
    _ offer: TaskOffer, checkpoint weights: [Float], certificate: Certificate, handovers: [Handover] = [],
    genesis: Genesis
  ) throws(AgentError) {
    try self.init(offer, firstWeights: weights, genesis: genesis)
    do {
      try client.follow(handovers)
      let header = try client.check(certificate)
      certifiedEpoch = header.epoch
      guard header.task == offer.id, header.parametersRoot == ChunkTree.over(weights).root else {
        throw AgentError.version("the checkpoint does not match the root of version \(header.version)")
      }
      model = try ModelVersion(task: offer.id, number: header.version, weights: weights)
    } catch let error as AgentError {
      throw error
    } catch {
      throw .version("\(error)")
    }
  }

  /// Moves on to a published version: follows the validators' handovers, checks the certificate, applies the
  /// steps, and checks the weights against the root.
  ///
  /// - Returns: the certified header; nil if the answer holds nothing new
  /// - Throws: `AgentError.version`; the model is then as it was, and handovers that were in order stay.
  @discardableResult
  public mutating func follow(_ published: PublishedVersion) throws(AgentError) -> VersionHeader? {
    do {
      try client.follow(published.handovers)
      guard let certificate = published.certificate, !published.steps.isEmpty else { return nil }
      let header = try client.check(certificate)
      guard header.task == model.task else { throw AgentError.version("the certificate is for another task") }
      // Former validators answer with nothing for what they sign later.
      guard header.epoch >= certifiedEpoch else {
        throw AgentError.version("the certificate is of validators that others have followed")
      }
      var next = model
      for bytes in published.steps {
        try next.apply(try Step(wireBytes: bytes, limit: UpdateLimits.messageBytesLimit))
      }
      guard next.number == header.version else {
        throw AgentError.version(
          "the steps lead to version \(next.number), the certificate is for \(header.version)")
      }
      guard ChunkTree.over(next.weights).root == header.parametersRoot else {
        throw AgentError.version("the weights of version \(header.version) do not match its certified root")
      }
      model = next
      certifiedEpoch = header.epoch
      return header
    } catch let error as AgentError {
      throw error
    } catch {
      throw .version("\(error)")
    }
  }
}
