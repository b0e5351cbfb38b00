import Door
import Ledger

/// What a gateway says that a contributor cannot work with, in words for the contributor's owner. Another
/// gateway is asked then.
enum ServiceError: Error, Equatable, CustomStringConvertible {
  /// The gateway serves another network.
  case otherNetwork(String)
  /// The gateway has no task to join, or too many to choose from.
  case noTask(String)
  /// The gateway handed over another task than was asked for.
  case otherTask
  /// The gateway's stream of events ended.
  case streamEnded
  /// The gateway refuses the registration.
  case notRegistered(String)

  var description: String {
    switch self {
    case .otherNetwork(let network):
      "the gateway serves the network \(network); check the genesis and the gateway's address"
    case .noTask(let detail): detail
    case .otherTask: "the gateway handed over another task than was asked for"
    case .streamEnded: "the stream of events ended"
    case .notRegistered(let detail): "the registration is refused: \(detail)"
    }
  }
}
