/// A decoder of bytes that come from outside, as a fuzzer tries it.
public struct FuzzTarget: Sendable {
  /// What a decoder makes of an input.
  public enum Outcome: Sendable, Hashable {
    /// It says no.
    case refused
    /// It takes it.
    case accepted
    /// It does what it must not do.
    case wrong(String)
  }

  /// An input to begin with.
  public struct Seed: Sendable {
    /// Unique among the target's seeds, and a file's name.
    public let name: String
    /// The input.
    public let bytes: [UInt8]
  }

  /// What the target is called: the name of its folder of seeds.
  public let name: String
  /// Inputs that the decoder takes.
  public let seeds: [Seed]
  private let decode: @Sendable ([UInt8]) -> Outcome

  init(_ name: String, seeds: [Seed], decode: @escaping @Sendable ([UInt8]) -> Outcome) {
    (self.name, self.seeds, self.decode) = (name, seeds, decode)
  }

  /// Several decoders of one kind: an input's first byte picks one of them.
  init(_ name: String, _ choices: [Choice]) {
    precondition(choices.count <= 256, "one byte picks a decoder")
    self.init(
      name,
      seeds: choices.enumerated().flatMap { number, choice in
        choice.seeds.map { Seed(name: $0.name, bytes: [UInt8(truncatingIfNeeded: number)] + $0.bytes) }
      }
    ) { input in
      guard let first = input.first else { return .refused }
      return choices[Int(first) % choices.count].decode(Array(input.dropFirst()))
    }
  }

  /// One of a target's decoders.
  struct Choice: Sendable {
    let seeds: [Seed]
    let decode: @Sendable ([UInt8]) -> Outcome
  }

  /// Tries an input. It neither traps nor takes long, whatever the input is.
  public func outcome(of input: [UInt8]) -> Outcome { decode(input) }
}

/// Every decoder that meets outside bytes.
public enum FuzzTargets {
  /// All targets.
  public static let all: [FuzzTarget] = [
    messages, envelopes, payloads, weights, settings, http, datasets, trainers,
  ]
}
