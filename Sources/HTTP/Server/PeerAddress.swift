import CEvent
import Glibc

/// Whom a connection comes from, as far as limits tell clients apart: an IPv4 address, or the /64 of an IPv6
/// address, since whoever has one address of it has them all.
public struct PeerAddress: Sendable, Hashable, Comparable {
  /// The address, or the first half of it.
  let word: UInt64
  /// Whether it is an IPv6 address.
  let isVersion6: Bool

  /// Reads a socket's address; zero for any other family.
  init(_ address: UnsafePointer<sockaddr>?) {
    // The family says which of the two structures the pointer is to.
    switch address.map({ Int32($0.pointee.sa_family) }) {
    case AF_INET:
      word =
        address?.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          UInt64(UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
        } ?? 0
      isVersion6 = false
    case AF_INET6:
      word =
        address?.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
          withUnsafeBytes(of: address.pointee.sin6_addr) { bytes in
            bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
          }
        } ?? 0
      isVersion6 = true
    default: (word, isVersion6) = (0, false)
    }
  }

  /// Orders addresses, in no order that means anything.
  public static func < (left: PeerAddress, right: PeerAddress) -> Bool {
    (left.isVersion6 ? 1 : 0, left.word) < (right.isVersion6 ? 1 : 0, right.word)
  }
}
