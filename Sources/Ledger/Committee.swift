import Wire

/// The validators that judge a window, if its task does not have all of them judge.
///
/// Seats are drawn by weight with replacement, so that a validator's vote weighs as many seats as it drew.
/// One committee judges a whole window: what is found out about an update (copies, twins, groups, norms)
/// comes from comparing it with the others of its window. All validators recompute and attest what the
/// committee lets in, so that a committee can let poison in and can never make a wrong merge final.
///
/// A committee is as good as its draw. With one third of all weight hostile, the number of hostile seats is
/// binomial. If they are more than half they decide every verdict; from a third on they can keep silent,
/// which ends in another draw, or be the first to reveal and outnumber the honest among the rows that count:
///
/// | seats | more than half, 1/3 hostile | a third or more, 1/3 hostile | a third or more, 1/10 hostile |
/// | --- | --- | --- | --- |
/// | 16 | 0.0500 | 0.453 | 0.00330 |
/// | 32 | 0.0164 | 0.516 | 0.000174 |
/// | 64 | 0.00197 | 0.476 | 0.000000120 |
/// | 128 | 0.0000345 | 0.508 | 0.000000000000371 |
///
/// So committees are for networks that have far less than a third to fear, and more validators than judging
/// needs. A task asks for one by `MergePolicy.committeeSeats`.
enum Committee {
  private static let domain = HashDomain("trib.committee")

  /// Draws seats from a window's seed.
  ///
  /// - Parameters:
  ///   - seats: how many, above zero
  ///   - round: how many draws of the window came before
  ///   - members: who may be drawn, with weights above zero, by ascending key
  /// - Returns: the seats of everyone who has one; nobody if there are no members
  static func draw(
    seats: Int, round: UInt64, seed: Digest, from members: [(key: PublicKey, weight: UInt64)]
  ) -> Electorate {
    var bounds: [UInt64] = []
    for member in members { bounds.append((bounds.last ?? 0) + member.weight) }
    guard let total = bounds.last else { return Electorate([:]) }
    var drawn: [PublicKey: UInt64] = [:]
    for seat in 0..<seats {
      let point = point(round, UInt64(seat), seed, below: total)
      drawn[members[place(of: point, in: bounds)].key, default: 0] += 1
    }
    return Electorate(drawn)
  }

  /// A number below a bound. Of 128 bits the remainder by less than 2^62 favours none by more than 2^-66.
  private static func point(_ round: UInt64, _ seat: UInt64, _ seed: Digest, below bound: UInt64) -> UInt64 {
    var hasher = DigestHasher(in: domain)
    hasher.update(seed)
    hasher.update(round)
    hasher.update(seat)
    let number = hasher.finish().bytes.prefix(16).reversed().reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    return UInt64(number % UInt128(bound))
  }

  /// The first member whose bound, the sum of the weights up to and with its own, is above a point.
  private static func place(of point: UInt64, in bounds: [UInt64]) -> Int {
    var low = 0
    var high = bounds.count - 1
    while low < high {
      let middle = (low + high) / 2
      if bounds[middle] > point { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
