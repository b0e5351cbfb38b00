import Foundation

/// Flower's SuperLink under the same load, in the same run: nodes on kept-alive connections that push replies
/// of the same length.
struct SuperLinkPeer: Decodable {
  static let name = "Flower 1.42.0, SuperLink"

  /// The nodes that it registered in the time that is left for that.
  let nodes: Int
  /// Why there are not more; absent if there are as many as were asked for.
  let limitedBy: String?
  /// How many nodes pushed at a time.
  let atOnce: Int
  /// Replies that it stored, with their bytes.
  let accepted: Int
  let seconds: Double
  /// The seconds for which cores ran it meanwhile.
  let coreSeconds: Double
  /// From a reply's first byte to the answer that its last object is stored.
  let latencySeconds: [Double]
  /// What its memory grew by with each node.
  let bytesPerConnection: Double

  var acceptedPerSecond: Double { Double(accepted) / seconds }

  /// The most seconds that nodes register, and that they push.
  private static let registrationSeconds = 60
  private static let pushSeconds = 30
  /// How many nodes push at a time: the better of these counts.
  private static let atOnce = [16, Load.atOnce]
  private static let interpreter = "Benchmarks/peers/.venv-superlink/bin/python"
  private static let script = "Benchmarks/peers/superlink.py"

  /// Runs the peer; nil if it is not installed.
  static func measure(nodes: Int, packetBytes: Int) throws -> SuperLinkPeer? {
    guard FileManager.default.isExecutableFile(atPath: interpreter) else {
      Progress.say("  without Flower's SuperLink, which scripts/setup-peers installs")
      return nil
    }
    let numbers = ([nodes, packetBytes, registrationSeconds, pushSeconds] + atOnce).map(String.init)
    let output = try Subprocess.output(of: interpreter, [script] + numbers)
    return try JSONDecoder().decode(SuperLinkPeer.self, from: output)
  }

  /// Adds its own figures.
  func add(to report: inout Report) {
    report.add("\(Self.name): nodes held", Double(nodes), unit: "")
    if let limitedBy { Progress.say("  \(limitedBy)") }
    report.add("\(Self.name): memory a node", bytesPerConnection, unit: "bytes")
    report.add("\(Self.name): \(atOnce) at a time, accepted", acceptedPerSecond, unit: "updates/s")
    for percent in [50, 99] {
      report.add(
        "\(Self.name): \(atOnce) at a time, update acknowledged, p\(percent)",
        1_000 * Stopwatch.percentile(percent, of: latencySeconds), unit: "ms")
    }
  }
}
