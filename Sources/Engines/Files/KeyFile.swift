import Glibc
public import Wire

/// The file that holds a node's secret signing key, readable by its owner alone.
///
/// It is one line of ASCII: `tributary-signing-key-1`, the seed in 64 hexadecimal digits, and the first 16
/// digits of the seed's digest, with one space between them and a line feed at the end. Errors never show
/// what the file holds.
///
/// ```swift
/// let key = try SigningKey.random()
/// try KeyFile.create(key, at: "validator.key")
/// let same = try KeyFile.read("validator.key")
/// ```
public enum KeyFile {
  /// The mode of a key file: its owner reads and writes it, and nobody else does anything.
  public static let permissions: UInt32 = 0o600

  private static let label = "tributary-signing-key-1"
  private static let checksumDomain = HashDomain("trib.key-file")
  private static let checksumDigits = 16
  private static let lengthBytes = label.utf8.count + 2 * SigningKey.seedByteCount + checksumDigits + 3

  /// Writes a key to a new file of mode 0600, and never over one that is there.
  ///
  /// - Throws: `EngineError` with code `alreadyExists`, `missing` or `system`.
  public static func create(_ key: SigningKey, at path: String) throws(EngineError) {
    try AtomicFile.create(Array(line(for: key.seed).utf8), at: path, permissions: permissions)
  }

  /// Reads a key.
  ///
  /// - Throws: `EngineError` with code `exposedSecret` if the group or others have any permission on the
  ///   file, `malformed` if it is not exactly what `create` writes, `missing`, `unexpectedFile` or `system`.
  public static func read(_ path: String) throws(EngineError) -> SigningKey {
    let file = try OpenFile.reading(path)
    let mode = try file.status().st_mode & 0o777
    guard mode & 0o077 == 0 else {
      throw EngineError(
        .exposedSecret, at: path,
        problem:
          "the secret key has mode 0\(String(mode, radix: 8)), so that others than its owner can get at it",
        remedy: "run `chmod 600 \(path)`, and make a new key if anyone may have read this one")
    }
    let bytes = try file.read(upTo: lengthBytes + 1)
    guard bytes.count == lengthBytes else {
      throw malformed(path, "a key file has \(lengthBytes) bytes, and this one has not")
    }
    return try parse(bytes, path: path)
  }

  private static func parse(_ bytes: [UInt8], path: String) throws(EngineError) -> SigningKey {
    guard bytes.starts(with: label.utf8) else {
      throw malformed(path, "it does not begin with `\(label)`")
    }
    let digits = bytes.dropFirst(label.utf8.count + 1).prefix(2 * SigningKey.seedByteCount)
    guard let seed = Hex.decode(String(decoding: digits, as: UTF8.self)) else {
      throw malformed(path, "the seed is not \(2 * SigningKey.seedByteCount) lower-case hexadecimal digits")
    }
    // Writing the line again and comparing refuses every other spelling of it.
    guard Array(line(for: seed).utf8) == bytes else {
      throw malformed(path, "its checksum does not match the seed")
    }
    do {
      return try SigningKey(seed: seed)
    } catch {
      throw malformed(path, "the seed makes no key")
    }
  }

  private static func line(for seed: [UInt8]) -> String {
    let checksum = Digest(of: seed, in: checksumDomain).hex.prefix(checksumDigits)
    return "\(label) \(Hex.encode(seed)) \(checksum)\n"
  }

  private static func malformed(_ path: String, _ problem: String) -> EngineError {
    EngineError(.malformed, at: path, problem: problem, remedy: "restore the key file from a backup")
  }
}
