import Foundation

/// Base64 with the alphabet for URLs and without padding (RFC 4648, section 5): bytes in a header field.
enum Base64URL {
  static func encode(_ bytes: [UInt8]) -> String {
    let letters = Data(bytes).base64EncodedData().prefix { $0 != UInt8(ascii: "=") }
    return String(decoding: letters.map(swapped), as: UTF8.self)
  }

  /// Reads text; nil unless it is what `encode` writes, so that bytes have one spelling.
  static func decode(_ text: String) -> [UInt8]? {
    let letters = text.utf8.map(swapped)
    let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - letters.count % 4) % 4)
    guard let data = Data(base64Encoded: Data(letters + padding)) else { return nil }
    let bytes = Array(data)
    return encode(bytes) == text ? bytes : nil
  }

  /// A letter of one alphabet in the other.
  private static func swapped(_ letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "+"): UInt8(ascii: "-")
    case UInt8(ascii: "/"): UInt8(ascii: "_")
    case UInt8(ascii: "-"): UInt8(ascii: "+")
    case UInt8(ascii: "_"): UInt8(ascii: "/")
    default: letter
    }
  }
}
