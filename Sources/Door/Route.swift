package import HTTP
package import Wire

/// What a request is for.
package enum Route: Hashable {
  case health
  case metrics
  case head
  case genesis
  case tasks
  case task(Digest)
  case versions(task: Digest)
  case version(task: Digest, number: UInt64?)
  case checkpoints(task: Digest)
  case blob(Digest)
  case account(PublicKey)
  case proof(PublicKey)
  case handovers
  case receipts
  case events
  case transactions
  case packets(task: Digest)

  /// The route's path as the API's description has it.
  var pattern: String {
    switch self {
    case .health: "/healthz"
    case .metrics: "/metrics"
    case .head: "/v1/head"
    case .genesis: "/v1/genesis"
    case .tasks: "/v1/tasks"
    case .task: "/v1/tasks/{task}"
    case .versions: "/v1/tasks/{task}/versions"
    case .version: "/v1/tasks/{task}/versions/{version}"
    case .checkpoints: "/v1/tasks/{task}/checkpoints"
    case .blob: "/v1/blobs/{digest}"
    case .account: "/v1/accounts/{key}"
    case .proof: "/v1/accounts/{key}/proof"
    case .handovers: "/v1/validators/handovers"
    case .receipts: "/v1/receipts"
    case .events: "/v1/events"
    case .transactions: "/v1/transactions"
    case .packets: "/v1/tasks/{task}/packets"
    }
  }

  /// The methods that the route answers.
  var methods: [String] {
    switch self {
    case .transactions, .packets: ["POST"]
    case .tasks: ["GET", "HEAD", "POST"]
    default: ["GET", "HEAD"]
    }
  }

  /// Reads a target's path; nil if nothing is there.
  package init?(_ target: RequestTarget) {
    let parts = target.segments
    switch (parts.count, parts.first) {
    case (1, "healthz"): self = .health
    case (1, "metrics"): self = .metrics
    case (2..., "v1"):
      guard let route = Self.versioned(Array(parts.dropFirst())) else { return nil }
      self = route
    default: return nil
    }
  }

  private static func versioned(_ parts: [String]) -> Route? {
    switch parts.count {
    case 1:
      switch parts[0] {
      case "head": return .head
      case "genesis": return .genesis
      case "tasks": return .tasks
      case "receipts": return .receipts
      case "events": return .events
      case "transactions": return .transactions
      default: return nil
      }
    case 2:
      switch parts[0] {
      case "validators": return parts[1] == "handovers" ? .handovers : nil
      case "tasks": return Digest(hex: parts[1]).map { .task($0) }
      case "blobs": return Digest(hex: parts[1]).map { .blob($0) }
      case "accounts": return PublicKey(hex: parts[1]).map { .account($0) }
      default: return nil
      }
    case 3 where parts[0] == "accounts" && parts[2] == "proof":
      return PublicKey(hex: parts[1]).map { .proof($0) }
    case 3 where parts[0] == "tasks": return Digest(hex: parts[1]).flatMap { ofTask($0, parts[2]) }
    case 4 where parts[0] == "tasks" && parts[2] == "versions":
      guard let task = Digest(hex: parts[1]) else { return nil }
      if parts[3] == "latest" { return .version(task: task, number: nil) }
      return UInt64(parts[3]).map { .version(task: task, number: $0) }
    default: return nil
    }
  }

  private static func ofTask(_ task: Digest, _ part: String) -> Route? {
    switch part {
    case "versions": .versions(task: task)
    case "checkpoints": .checkpoints(task: task)
    case "packets": .packets(task: task)
    default: nil
    }
  }
}
