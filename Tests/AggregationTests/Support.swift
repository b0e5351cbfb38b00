import Aggregation
import Numerics
import Updates
import Wire

/// What the tests share: keys, payloads and windows made from a seed.
enum Support {
  static let task = Digest(of: [1], in: HashDomain("test.task"))

  static func digest(_ number: Int) -> Digest {
    Digest(of: Array("\(number)".utf8), in: HashDomain("test.digest"))
  }

  /// A public key that nobody signs with.
  static func key(_ number: Int) -> PublicKey {
    guard let key = PublicKey(bytes: digest(number).bytes) else { preconditionFailure("32 bytes are a key") }
    return key
  }

  static func randomQuanta(_ count: Int, using random: inout SeededRandom, scale: Double = 10_000) -> [Int32]
  {
    (0..<count).map { _ in Int32(random.gaussian() * scale) }
  }

  static func payload(_ values: [Float], form: PacketForm = .dense8) throws -> Payload {
    Payload(encoding: try FixedPoint.quantize(values), form: form)
  }

  static func randomContributions(
    _ count: Int, parameterCount: Int, form: PacketForm, using random: inout SeededRandom
  ) -> [Contribution] {
    (0..<count).map { _ in
      let values = randomQuanta(parameterCount, using: &random)
      return Contribution(
        payload: Payload(encoding: values, form: form), weight: UInt16(random.integer(below: 65_536)))
    }
  }

  /// A window around directions near one another, which a judge has nothing to hold against.
  struct Window {
    var parameterCount = 200
    var policy = MergePolicy(upForm: .dense8)
    var version: UInt64 = 5
    var candidates: [Candidate] = []
    var roots: [[Float]]

    init(seed: UInt64 = 1) {
      var random = SeededRandom(seed: seed)
      roots = (0..<4).map { _ in random.gaussianVector(count: 200, deviation: 0.01) }
    }

    /// A mixture of the roots with some noise: an honest update.
    func honest(_ number: Int) -> [Float] {
      var random = SeededRandom(seed: 77, stream: UInt64(number))
      var delta = random.gaussianVector(count: parameterCount, deviation: 0.004)
      for root in roots { Kernels.axpy(Float(random.uniform()), root, &delta) }
      return delta
    }

    mutating func add(
      _ delta: [Float], contributor: Int, task: Digest = Support.task, baseVersion: UInt64 = 5,
      form: PacketForm = .dense8, claimedContributor: Int? = nil
    ) throws {
      let packet = Packet(
        task: task, baseVersion: baseVersion, contributor: Support.key(claimedContributor ?? contributor),
        sequence: 0, payload: try Support.payload(delta, form: form))
      add(.packet(packet), contributor: contributor)
    }

    mutating func add(_ content: Candidate.Content, contributor: Int) {
      candidates.append(
        Candidate(
          contributor: Support.key(contributor), packetDigest: Support.digest(candidates.count),
          commitPosition: UInt64(candidates.count), content: content))
    }

    mutating func addHonest(_ numbers: Range<Int>) throws {
      for number in numbers { try add(honest(number), contributor: number) }
    }

    func input(candidates: [Candidate]? = nil, seed: Int = 0) throws -> JudgingInput {
      JudgingInput(
        task: Support.task, version: version, parameterCount: parameterCount,
        candidates: candidates ?? self.candidates, rootUpdates: try RootUpdates(roots),
        seed: Support.digest(1_000 + seed), policy: policy)
    }

    func judged() throws -> [Judgement] {
      var judge = Judge()
      return judge.judge(try input())
    }
  }
}

extension Judgement {
  /// The reason of a rejection.
  var reason: RejectionReason? {
    if case .reject(let reason) = verdict { reason } else { nil }
  }
}
