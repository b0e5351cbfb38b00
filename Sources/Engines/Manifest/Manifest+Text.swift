import Wire

// The text of a manifest:
//
//     tributary manifest 1
//     file 70000 blobs/3f/3f9a...
//     <64 hexadecimal digits of the first block's digest>
//     <64 hexadecimal digits of the second block's digest>
//     seal <64 hexadecimal digits of the digest of all lines above>
//
// A manifest has one text: reading one writes it again and compares.
extension Manifest {
  private static let title = "tributary manifest 1"
  private static let lineFeed = UInt8(ascii: "\n")
  private static let closingLineBytes = "seal ".utf8.count + 2 * Digest.byteCount + 1

  /// The bytes of the manifest's file.
  func encoded() -> [UInt8] {
    var text = Self.title + "\n"
    for file in files {
      text += "file \(file.sizeBytes) \(file.path)\n"
      for block in file.blocks { text += block.hex + "\n" }
    }
    let body = Array(text.utf8)
    return body + Array(Self.closingLine(of: body).utf8)
  }

  /// Reads a manifest's file.
  ///
  /// - Throws: `EngineError` with code `malformed` for any bytes that `encoded` does not write.
  init(decoding bytes: [UInt8], path: String) throws(EngineError) {
    let body = Array(bytes.dropLast(Self.closingLineBytes))
    guard bytes.suffix(Self.closingLineBytes).elementsEqual(Self.closingLine(of: body).utf8) else {
      throw Self.malformed(
        path, "the manifest is damaged: its last line is not the digest of the lines above it")
    }
    guard let text = String(validating: body, as: UTF8.self) else {
      throw Self.malformed(path, "the manifest is not UTF-8")
    }
    let lines = text.utf8.split(separator: Self.lineFeed, omittingEmptySubsequences: false)
    files = try Self.parse(lines.map { String($0) ?? "" }, path: path)
    let paths = files.map(\.path)
    guard encoded() == bytes, zip(paths, paths.dropFirst()).allSatisfy({ $0.precedes($1) }) else {
      throw Self.malformed(path, "the manifest is not written as it must be")
    }
  }

  private static func parse(_ lines: [String], path: String) throws(EngineError) -> [File] {
    guard lines.first == title else {
      throw malformed("\(path), line 1", "the manifest does not begin with `\(title)`")
    }
    var files: [File] = []
    var number = 1
    while number < lines.count, !lines[number].isEmpty {
      let words = lines[number].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      guard words.count == 3, words[0] == "file", let size = Int(words[1]), size >= 0 else {
        throw malformed("\(path), line \(number + 1)", "the line is not `file SIZE PATH`")
      }
      let digests = lines[(number + 1)...].prefix(File.blockCount(ofSizeBytes: size))
      let blocks = digests.compactMap { Digest(hex: $0) }
      guard blocks.count == File.blockCount(ofSizeBytes: size) else {
        throw malformed("\(path), line \(number + 1)", "the file does not have a digest for every block")
      }
      files.append(File(path: String(words[2]), sizeBytes: size, blocks: blocks))
      number += 1 + blocks.count
    }
    return files
  }

  private static func closingLine(of body: [UInt8]) -> String {
    "seal \(Digest(of: body, in: closingDomain).hex)\n"
  }

  private static func malformed(_ place: String, _ problem: String) -> EngineError {
    EngineError(
      .malformed, at: place, problem: problem, remedy: "restore it from a backup or from another node")
  }
}
