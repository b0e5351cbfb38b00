/// What a crowd does to a gateway, and what is measured of it.
struct Load {
  /// How many contributors send at a time, where not all do.
  static let atOnce = 256
  /// How many of the scene's versions are published while the crowd is silent; the others while it sends.
  private static let quietPublications = 5
  /// A published version is downloaded within this many seconds.
  private static let publicationLimit: Report.Mark = ("limit", 1)

  let scene: LoadScene
  /// The crowd's updates, round by round.
  let updates: [[UpdateRequests]]
  let followerCount: Int
  let peer: SuperLinkPeer?

  /// Has the crowd connect, wait for versions, and send: first a few at a time, then all at once.
  func measure(_ gateway: GatewayProcess, _ engine: String, _ report: inout Report) throws {
    let before = try gateway.memoryBytes("VmRSS")
    let count = updates[0].count
    let crowd = try Crowd(contributorCount: count, port: gateway.port)
    try crowd.greet()
    let held = try gateway.memoryBytes("VmRSS")
    report.add("\(engine): connections held", Double(count), unit: "")
    report.add(
      "\(engine): gateway's memory a connection", (held - before) / Double(count), unit: "bytes",
      peer: peer.map { (SuperLinkPeer.name, $0.bytesPerConnection) })
    try crowd.follow(followerCount, port: gateway.port)
    let quiet = try scene.publications.prefix(Self.quietPublications).map { try crowd.publish($0) }
    add(quiet, "\(engine): published, silent crowd", &report)
    let coreSeconds = try gateway.coreSeconds()
    let few = try crowd.send(
      updates[0], atOnce: Self.atOnce,
      publishing: Array(scene.publications.dropFirst(Self.quietPublications)))
    add(few.sending, "\(engine): \(Self.atOnce) at a time", &report, rate: peer.map(\.acceptedPerSecond))
    report.add(
      "\(engine): gateway's core time an update",
      1e6 * (try gateway.coreSeconds() - coreSeconds) / Double(few.sending.acceptedUpdates), unit: "us",
      peer: peer.map { (SuperLinkPeer.name, 1e6 * $0.coreSeconds / Double($0.accepted)) })
    add(few.followerSeconds, "\(engine): published, sending crowd", &report)
    for round in updates.dropFirst() {
      add(try crowd.send(round, atOnce: count).sending, "\(engine): all at once", &report)
    }
    report.add("\(engine): gateway's most memory", try gateway.memoryBytes("VmHWM"), unit: "bytes")
  }

  private func add(_ sending: Crowd.Sending, _ name: String, _ report: inout Report, rate: Double? = nil) {
    report.add(
      "\(name), accepted", Double(sending.acceptedUpdates) / sending.seconds, unit: "updates/s",
      peer: rate.map { (SuperLinkPeer.name, $0) })
    report.add(
      "\(name), packets", Double(sending.acceptedPacketBytes) / sending.seconds / 1e6, unit: "MB/s")
    for (what, seconds) in [("commitment", sending.commitmentSeconds), ("update", sending.uploadSeconds)] {
      for percent in [50, 99] {
        report.add(
          "\(name), \(what) acknowledged, p\(percent)", 1_000 * Stopwatch.percentile(percent, of: seconds),
          unit: "ms")
      }
    }
  }

  /// - Parameter seconds: for each version, how long each follower waited for its step
  private func add(_ seconds: [[Double]], _ name: String, _ report: inout Report) {
    let first = seconds.compactMap { $0.min() }
    report.add(
      "\(name), to the first download, median", Stopwatch.median(first), unit: "s",
      bound: Self.publicationLimit)
    report.add(
      "\(name), to \(followerCount) downloads, p99", Stopwatch.percentile(99, of: seconds.flatMap { $0 }),
      unit: "s", bound: Self.publicationLimit)
  }
}
