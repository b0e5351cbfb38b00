import Engines
import JSON5

/// What the commands of daemons share: a configuration file, and options that go before it.
enum DaemonFile {
  /// Prints a configuration, with what each field means.
  static let printOption = CommandSpecification.Option(
    name: "--print-config", value: nil, help: "print a configuration, with what each field means",
    replacesOperands: true)

  /// The bytes of the file that is named, and its name; nil if none is.
  static func read(_ arguments: CommandLineArguments) throws -> (bytes: [UInt8], name: String)? {
    guard let path = arguments.operands.first else { return nil }
    return (try FileReader.read(path, limitBytes: SettingsFields.fileBytesLimit), path)
  }
}
