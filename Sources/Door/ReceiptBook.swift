import Ledger
import Wire

/// The newest receipts of each contributor.
struct ReceiptBook: Sendable {
  private let perContributor: Int
  private var receipts: BoundedMemory<PublicKey, [Receipt]>

  init(contributors: Int, perContributor: Int) {
    self.perContributor = perContributor
    receipts = BoundedMemory(limit: contributors)
  }

  mutating func note(_ events: [ReplicaEvent]) {
    for case .receipts(let new) in events {
      for receipt in new {
        let known = receipts[receipt.contributor] ?? []
        receipts.set(receipt.contributor, (known + [receipt]).suffix(perContributor))
      }
    }
  }

  /// A contributor's receipts, the oldest first.
  func receipts(of contributor: PublicKey) -> [Receipt] { receipts[contributor] ?? [] }
}
