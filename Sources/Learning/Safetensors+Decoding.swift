import JSON5
public import Numerics
import Wire

extension Safetensors {
  /// The longest header that is read, in bytes.
  public static let headerBytesLimit = 16 << 20

  /// The greatest length of a file with these tensors, in bytes.
  public static func bytesLimit(of layout: ParameterLayout) -> Int { 8 + headerBytesLimit + 4 * layout.count }

  /// Reads named Float32 tensors into a flat vector.
  ///
  /// - Parameters:
  ///   - bytes: the whole file
  ///   - layout: the names and shapes that the file must have, in any order and without others
  /// - Returns: as many values as the layout has; finite, every one of them
  /// - Throws: `LearningError.invalidSafetensors`, which names the tensor; `weightNotFinite`
  public static func decode(_ bytes: [UInt8], layout: ParameterLayout) throws(LearningError) -> [Float] {
    let (weights, mistakes) = try read(bytes, layout: layout)
    if let first = mistakes.first { throw first }
    return weights
  }

  /// Everything for which `decode` would refuse a file; none if it would not.
  public static func mistakes(in bytes: [UInt8], layout: ParameterLayout) -> [LearningError] {
    do throws(LearningError) {
      return try read(bytes, layout: layout).mistakes
    } catch {
      return [error]
    }
  }

  /// Reads what is right, and says what is not.
  private static func read(
    _ bytes: [UInt8], layout: ParameterLayout
  ) throws(LearningError) -> (weights: [Float], mistakes: [LearningError]) {
    let (header, values) = try split(bytes)
    var mistakes: [LearningError] = []
    var weights = [Float](repeating: 0, count: layout.count)
    let names = Set(header.map(\.name))
    let missing = layout.tensors.map(\.name).filter { !names.contains($0) }
    for field in header where field.name != metadataName {
      guard let tensor = layout[field.name] else {
        mistakes.append(unknown(field.name, missing: missing))
        continue
      }
      do throws(LearningError) {
        let start = try place(of: tensor, field.value, in: values.count) + values.startIndex
        let bytes = Array(values[start..<(start + 4 * tensor.count)])
        weights.replaceSubrange(tensor.range, with: Kernels.floats(ofLittleEndian: bytes))
      } catch {
        mistakes.append(error)
      }
    }
    mistakes += missing.map { .invalidSafetensors(reason: "the tensor \"\($0)\" is missing") }
    if let index = weights.firstIndex(where: { !$0.isFinite }) {
      mistakes.append(.weightNotFinite(index: index))
    }
    return (weights, mistakes)
  }

  /// - Parameter missing: the names that somebody may have meant
  private static func unknown(_ name: String, missing: [String]) -> LearningError {
    let suggestion =
      missing.isEmpty ? "" : "; did you mean \"\(Spelling.nearest(to: name, among: missing))\"?"
    return .invalidSafetensors(
      reason: "the model has no tensor \"\(JSON5Text.printable(name))\"\(suggestion)")
  }

  private static let metadataName = "__metadata__"

  private static func split(
    _ bytes: [UInt8]
  ) throws(LearningError) -> (header: [JSON5Value.Field], values: ArraySlice<UInt8>) {
    let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard bytes.count >= 8, length <= UInt64(min(bytes.count - 8, headerBytesLimit)) else {
      throw .invalidSafetensors(reason: "its header does not fit into the file; is it safetensors?")
    }
    let end = 8 + Int(length)
    do {
      guard case .object(let fields) = try JSON5Reader.read(Array(bytes[8..<end])).content else {
        throw LearningError.invalidSafetensors(reason: "its header is no JSON object")
      }
      return (fields, bytes[end...])
    } catch let error as LearningError {
      throw error
    } catch {
      throw .invalidSafetensors(reason: "its header is no JSON object")
    }
  }

  /// Where a tensor's values begin behind the header.
  private static func place(
    of tensor: ParameterLayout.Tensor, _ entry: JSON5Value, in byteCount: Int
  ) throws(LearningError) -> Int {
    func field(_ name: String) -> JSON5Value.Content? {
      entry.fields.first { $0.name == name }?.value.content
    }
    guard field("dtype") == .text("F32") else {
      throw .invalidSafetensors(reason: "the tensor \"\(tensor.name)\" is not of type F32; convert it")
    }
    guard numbers(field("shape")) == tensor.shape else {
      throw .invalidSafetensors(reason: "the tensor \"\(tensor.name)\" has not the shape \(tensor.shape)")
    }
    guard let offsets = numbers(field("data_offsets")), offsets.count == 2, offsets[1] <= byteCount,
      offsets[0] <= offsets[1], offsets[1] - offsets[0] == 4 * tensor.count
    else {
      throw .invalidSafetensors(
        reason: "the values of the tensor \"\(tensor.name)\" do not lie in the file")
    }
    return offsets[0]
  }

  private static func numbers(_ content: JSON5Value.Content?) -> [Int]? {
    guard case .list(let list) = content else { return nil }
    let numbers = list.compactMap { value -> Int? in
      if case .whole(let number) = value.content { Int(exactly: number) } else { nil }
    }
    return numbers.count == list.count ? numbers : nil
  }
}
