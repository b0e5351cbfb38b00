/// Separates the uses of one hash function, so that bytes hashed for one purpose never pass for another.
///
/// The tag becomes BLAKE2b's personalisation parameter (RFC 7693, section 2.5), padded with zeros to 16
/// bytes, which any implementation offers; Python's is `hashlib.blake2b(data, digest_size=32, person=tag)`.
public struct HashDomain: Sendable, Equatable {
  /// The longest tag, in bytes: the size of BLAKE2b's personalisation.
  public static let tagBytesLimit = 16

  let person: [UInt8]

  /// Creates a domain from an ASCII tag of at most 16 bytes, which must be unique in the program.
  public init(_ tag: StaticString) {
    let bytes = Array(tag.description.utf8)
    precondition(bytes.count <= Self.tagBytesLimit, "a hash domain's tag has at most 16 bytes")
    person = bytes + [UInt8](repeating: 0, count: Self.tagBytesLimit - bytes.count)
  }
}

extension HashDomain {
  /// The domain of stored blobs: packets, steps and first weights are named by their digest in it, so that
  /// any store of blobs finds them by name.
  public static let blob = HashDomain("trib.blob")
}
