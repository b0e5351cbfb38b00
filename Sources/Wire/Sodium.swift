import CSodium

/// libsodium, which must be initialised once before its first use.
enum Sodium {
  private static let ready: Void = {
    precondition(sodium_init() >= 0, "libsodium could not be initialised")
  }()

  static func start() { ready }
}
