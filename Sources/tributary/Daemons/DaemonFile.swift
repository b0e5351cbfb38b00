/// What the commands of daemons share: a configuration file, which options go before.
enum DaemonFile {
  /// Prints a configuration, with what each field means.
  static let printOption = CommandSpecification.Option(
    name: "--print-config", value: nil, help: "print a configuration, with what each field means",
    replacesOperands: true)
}
