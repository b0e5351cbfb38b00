public import Wire

/// One key's units.
public struct Account: Sendable, Hashable {
  /// Whose account it is.
  public let key: PublicKey
  /// Units that can be spent.
  public internal(set) var balanceUnits: UInt64
  /// Units that answer for the key's conduct.
  public internal(set) var bondUnits: UInt64
  /// How many of the key's account transactions have been applied; the next one carries this number.
  public internal(set) var nonce: UInt64

  /// Creates an account.
  public init(key: PublicKey, balanceUnits: UInt64 = 0, bondUnits: UInt64 = 0, nonce: UInt64 = 0) {
    self.key = key
    self.balanceUnits = balanceUnits
    self.bondUnits = bondUnits
    self.nonce = nonce
  }

  /// The digest that stands for the account in the accounts' Merkle tree.
  public var leaf: Digest { MerkleTree.leaf(wireBytes) }
}

extension Account: WireMessage {
  /// The name in the schema.
  public static let wireName = "Account"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.publicKey(key, field: 1)
    writer.uint64(balanceUnits, field: 2)
    writer.uint64(bondUnits, field: 3)
    writer.uint64(nonce, field: 4)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    key = try reader.publicKey(1)
    balanceUnits = try reader.uint64(2, maximum: Limits.supplyUnits)
    bondUnits = try reader.uint64(3, maximum: Limits.supplyUnits)
    nonce = try reader.uint64(4)
  }
}

/// All accounts of a network.
public struct Accounts: Sendable, Equatable {
  /// An account, and the digest that stands for it: hashed when the account changes, so that a root costs no
  /// hash for the accounts that did not.
  private struct Entry: Sendable, Equatable {
    let account: Account
    let leaf: Digest
  }

  private var entries: [PublicKey: Entry] = [:]
  /// The keys of all accounts, ascending.
  private var keys: [PublicKey] = []

  init(_ genesis: Genesis) {
    for allocation in genesis.allocations { self[allocation.key].balanceUnits = allocation.units }
    for validator in genesis.validators.members { self[validator.key].bondUnits = validator.stakeUnits }
  }

  /// A key's account; an empty one if it has never held anything.
  public internal(set) subscript(key: PublicKey) -> Account {
    get { entries[key]?.account ?? Account(key: key) }
    set {
      let isNew = entries.updateValue(Entry(account: newValue, leaf: newValue.leaf), forKey: key) == nil
      if isNew { keys.insert(key, at: place(of: key)) }
    }
  }

  /// Every account by ascending key.
  public var sorted: [Account] { keys.map { self[$0] } }

  /// The sum of all balances and bonds, in units.
  public var totalUnits: UInt64 {
    entries.values.reduce(0) { $0 + $1.account.balanceUnits + $1.account.bondUnits }
  }

  /// The Merkle tree over the accounts by ascending key.
  public var tree: MerkleTree { MerkleTree(leaves: keys.compactMap { entries[$0]?.leaf }) }

  /// The proof of one account in `tree`; nil if the account does not exist.
  public func proof(of key: PublicKey) -> MerkleProof? {
    entries[key] == nil ? nil : tree.proof(at: place(of: key))
  }

  /// The number of accounts with lesser keys.
  private func place(of key: PublicKey) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func move(_ units: UInt64, from source: PublicKey, to target: PublicKey) -> Bool {
    guard self[source].balanceUnits >= units else { return false }
    self[source].balanceUnits -= units
    self[target].balanceUnits += units
    return true
  }
}
