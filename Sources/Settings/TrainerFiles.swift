import Engines
import Ledger
import Wire

/// The files in a trainer's folder that every node runs alike.
enum TrainerFiles {
  /// The longest file, in bytes.
  static let bytesLimit = 1 << 30

  /// The file of a name in a folder.
  ///
  /// - Throws: `EngineError` for a file that cannot be read
  static func file(_ name: String, in folder: String) throws(EngineError) -> ProcessTrainerSpecification.File
  {
    let bytes = try FileReader.read("\(folder)/\(name)", limitBytes: bytesLimit)
    return .init(name: name, digest: ProcessTrainerSpecification.digest(of: bytes))
  }

  /// How a folder differs from what an author signed, in words; nil if it does not.
  static func difference(of folder: String, from files: [ProcessTrainerSpecification.File]) -> String? {
    let differences = files.compactMap { signed -> String? in
      do throws(EngineError) {
        let own = try file(signed.name, in: folder)
        guard own.digest != signed.digest else { return nil }
        return "\(folder)/\(signed.name) is not the file that the task's author signed: its digest is "
          + "\(own.digest.hex), and the author's \(signed.digest.hex)"
      } catch {
        return "\(error)"
      }
    }
    guard !differences.isEmpty else { return nil }
    return differences.joined(separator: "\n") + "\ntake the author's files"
  }
}
