import Door
import HTTP
import Ledger
import Wire

/// The gateways of a network, of which one at a time is asked. One that fails, or says what does not hold, is
/// left for the next.
actor Gateways {
  /// One gateway.
  struct Gateway: Sendable {
    let number: Int
    let server: String
    let client: GatewayClient
  }

  private let gateways: [Gateway]
  private let genesis: Genesis
  private let pauses: Pauses
  private let report: ServiceReport
  private var number = 0
  private var isChecked = false

  /// - Parameter servers: at least one address
  init(
    _ servers: [String], genesis: Genesis, client: ClientConfiguration, pauses: Pauses,
    report: @escaping ServiceReport
  ) {
    precondition(!servers.isEmpty, "a contributor needs a gateway")
    gateways = servers.enumerated().map {
      Gateway(number: $0, server: $1, client: GatewayClient($1, configuration: client))
    }
    self.genesis = genesis
    self.pauses = pauses
    self.report = report
  }

  /// The gateway that is asked now.
  var current: Gateway { gateways[number] }

  /// Asks one gateway after the other until one gives an answer that holds; after a round in vain there is a
  /// pause.
  ///
  /// - Parameter body: asks and checks; whatever it throws speaks against the gateway
  /// - Throws: `CancellationError` only
  func ask<Value: Sendable>(
    _ body: @Sendable (GatewayClient) async throws -> Value
  ) async throws -> Value {
    for failures in 1... {
      let gateway = current
      do {
        try await check(gateway)
        return try await body(gateway.client)
      } catch {
        try Task.checkCancellation()
        leave(gateway, because: error)
        guard failures.isMultiple(of: gateways.count) else { continue }
        let retrySeconds = (error as? HTTPError)?.retrySeconds ?? 0
        try await pauses.wait(after: failures / gateways.count, leastSeconds: retrySeconds)
      }
    }
    throw CancellationError()
  }

  /// Goes on to the next gateway, unless that was done already.
  func leave(_ gateway: Gateway, because error: any Error) {
    guard gateway.number == number else { return }
    number = (number + 1) % gateways.count
    isChecked = false
    report(ServiceEvent(.warning, "gatewayFailed", ["gateway": gateway.server, "reason": "\(error)"]))
  }

  private func check(_ gateway: Gateway) async throws {
    guard !isChecked else { return }
    let network = try await gateway.client.head().network
    guard network == genesis.network.hex else { throw ServiceError.otherNetwork(network) }
    if gateway.number == number { isChecked = true }
  }
}
