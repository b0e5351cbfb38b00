public import Numerics

/// The safetensors format for checkpoints: a JSON header with names, shapes and places, and the values after
/// it.
///
/// The format is specified at https://huggingface.co/docs/safetensors: eight little-endian bytes with the
/// header's length, the header in UTF-8, padded with spaces so that the values are aligned, then the values
/// in little-endian order without gaps.
public enum Safetensors {
  private static let alignmentBytes = 8

  /// Writes a flat vector as named Float32 tensors.
  ///
  /// - Parameters:
  ///   - weights: as many values as the layout has
  ///   - layout: names and shapes
  ///   - metadata: free text by name, in the header's `__metadata__`
  /// - Returns: the file's bytes
  /// - Throws: `LearningError.weightCountMismatch`
  public static func encode(
    _ weights: [Float], layout: ParameterLayout, metadata: [(name: String, value: String)] = []
  ) throws(LearningError) -> [UInt8] {
    guard weights.count == layout.count else {
      throw .weightCountMismatch(expected: layout.count, found: weights.count)
    }
    var entries: [String] = []
    if !metadata.isEmpty {
      let fields = metadata.map { "\(quoted($0.name)):\(quoted($0.value))" }.joined(separator: ",")
      entries.append("\"__metadata__\":{\(fields)}")
    }
    for tensor in layout.tensors {
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let start = 4 * tensor.offset
      let place = "\"data_offsets\":[\(start),\(start + 4 * tensor.count)]"
      entries.append("\(quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\(place)}")
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    while !header.count.isMultiple(of: alignmentBytes) { header.append(UInt8(ascii: " ")) }
    var bytes = littleEndian(UInt64(header.count), byteCount: 8) + header
    bytes.reserveCapacity(bytes.count + 4 * weights.count)
    for weight in weights { bytes += littleEndian(UInt64(weight.bitPattern), byteCount: 4) }
    return bytes
  }

  private static func littleEndian(_ value: UInt64, byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
