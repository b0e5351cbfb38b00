import Numerics

/// Changes encodings at random, with the slips that a careless decoder would let through among the changes.
public struct Mutator: Sendable {
  private var random: SeededRandom
  private let donors: [[UInt8]]

  /// Creates a mutator.
  ///
  /// - Parameters:
  ///   - seed: what the changes follow from
  ///   - donors: the byte strings that splices are taken from
  public init(seed: UInt64, donors: [[UInt8]]) {
    random = SeededRandom(seed: seed)
    self.donors = donors
  }

  /// One to three changes of the bytes.
  public mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      if Bool.random(using: &random) { changeFields(of: &result) } else { change(&result) }
    }
    return result
  }

  // Changes that leave lengths right reach the checks behind them. Bytes that are no message stay as they
  // are.
  private mutating func changeFields(of bytes: inout [UInt8]) {
    guard var fields = WireField.split(bytes), let index = fields.indices.randomElement(using: &random) else {
      return
    }
    switch Int.random(in: 0..<6, using: &random) {
    case 0: fields.insert(fields[index], at: index)
    case 1: fields.remove(at: index)
    case 2: fields.swapAt(index, .random(in: fields.indices, using: &random))
    case 3: fields[index].number &+= Bool.random(using: &random) ? 1 : .max
    case 4: changeFields(of: &fields[index].content)
    default: change(&fields[index].content)
    }
    bytes = fields.flatMap(\.bytes)
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let at = bytes.isEmpty ? 0 : min(place, bytes.count - 1)
    switch Int.random(in: 0..<9, using: &random) {
    case 0 where !bytes.isEmpty: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1 where !bytes.isEmpty: bytes[at] = .random(in: 0...255, using: &random)
    case 2 where !bytes.isEmpty: bytes[at] &+= Bool.random(using: &random) ? 1 : 255
    case 3: bytes.insert(.random(in: 0...255, using: &random), at: place)
    case 4: bytes.removeSubrange(range(in: bytes, from: place))
    case 5: bytes.insert(contentsOf: bytes[range(in: bytes, from: at)], at: place)
    case 6: splice(into: &bytes, at: place)
    case 7 where !bytes.isEmpty: lengthenVarint(of: &bytes, at: at)
    default: bytes.removeSubrange(place...)
    }
  }

  private mutating func range(in bytes: [UInt8], from start: Int) -> Range<Int> {
    // Fields of all sizes, from a tag to a digest with its tag and length.
    start..<min(bytes.count, start + .random(in: 0...34, using: &random))
  }

  private mutating func splice(into bytes: inout [UInt8], at place: Int) {
    guard let donor = donors.randomElement(using: &random) else { return }
    let piece = donor[range(in: donor, from: .random(in: 0...donor.count, using: &random))]
    let overwritten = Bool.random(using: &random) ? min(bytes.count, place + piece.count) : place
    bytes.replaceSubrange(place..<overwritten, with: piece)
  }

  // The same number in one more byte, if the byte ends a varint.
  private func lengthenVarint(of bytes: inout [UInt8], at index: Int) {
    bytes[index] |= 0x80
    bytes.insert(0, at: index + 1)
  }
}
