import Ledger
import Wire

// What a validator does with content keys: it publishes those of a merge if the task wants it, and takes up
// those that others publish.
extension ValidatorDesk {
  /// Others published the keys of a window's merge.
  mutating func released(_ keys: [ContentKey], window index: UInt64) -> [Validator.Directive] {
    owedReleases[index] = nil
    guard let place = windows.firstIndex(where: { $0.index == index }) else { return [] }
    windows[place].takeUp(keys, under: seal)
    return windows[place].opensPackets ? [] : advance()
  }

  /// The keys of a merge that this validator has just computed: it publishes them if it is its turn, or if
  /// the version is final without that, and else keeps them ready.
  mutating func release(after window: WindowWork, _ plan: MergePlan) -> [Validator.Directive] {
    guard window.owesKeys, seal.privacy == .sealedPublished, !window.areKeysPublic, !plan.entries.isEmpty
    else { return [] }
    let keys = plan.entries.compactMap { window.keys[$0.packet] }
    guard keys.count == plan.entries.count else { return [] }
    let release = KeyRelease(network: network, task: offer.id, window: plan.window, keys: keys)
    if window.final == nil, !window.isOnTurn(key.publicKey) {
      owedReleases[plan.window] = release
      return []
    }
    return [order(release)]
  }

  /// Publishes what nobody has published until the version was final.
  mutating func releaseOverdue(_ window: UInt64) -> [Validator.Directive] {
    owedReleases.removeValue(forKey: window).map { [order($0)] } ?? []
  }

  private func order(_ release: KeyRelease) -> Validator.Directive {
    .order(Transaction.keyRelease(release).signed(by: key))
  }
}

extension WindowWork {
  /// Which of its validators is the first to publish the window's keys, so that not all do.
  fileprivate func isOnTurn(_ key: PublicKey) -> Bool {
    validators.members[Int(index % UInt64(validators.members.count))].key == key
  }
}
