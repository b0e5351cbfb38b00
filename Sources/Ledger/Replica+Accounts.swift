import Wire

// Transactions on accounts. Each checks everything before it changes anything.
extension Replica {
  func checkNonce(_ nonce: UInt64, of signer: PublicKey) throws(Refusal) {
    guard accounts[signer].nonce == nonce else { throw .wrongNonce }
  }

  func checkBalance(_ units: UInt64, of signer: PublicKey) throws(Refusal) {
    guard accounts[signer].balanceUnits >= units else { throw .insufficientUnits }
  }

  mutating func apply(_ message: Transfer, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    try checkNonce(message.nonce, of: signer)
    guard message.units > 0 else { throw .zeroUnits }
    guard accounts.move(message.units, from: signer, to: message.recipient) else { throw .insufficientUnits }
    accounts[signer].nonce += 1
    return []
  }

  mutating func apply(_ message: Withdrawal, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    try checkNonce(message.nonce, of: signer)
    guard message.units > 0 else { throw .zeroUnits }
    try checkBalance(message.units, of: signer)
    accounts[signer].balanceUnits -= message.units
    accounts[signer].nonce += 1
    withdrawnUnits += message.units
    return []
  }

  /// Refuses a registration that breaks a rule.
  func check(_ message: Registration, from signer: PublicKey) throws(Refusal) {
    try checkNonce(message.nonce, of: signer)
    guard !isAnswerable(signer), !contributors.contains(signer) else { throw .alreadyRegistered }
    try checkBalance(genesis.contributorBondUnits, of: signer)
  }

  mutating func apply(_ message: Registration, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    try check(message, from: signer)
    accounts[signer].balanceUnits -= genesis.contributorBondUnits
    accounts[signer].bondUnits += genesis.contributorBondUnits
    accounts[signer].nonce += 1
    contributors.insert(signer)
    return []
  }

  mutating func apply(_ message: Release, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    try checkNonce(message.nonce, of: signer)
    guard contributors.contains(signer) else { throw .notRegistered }
    guard !tasks.values.contains(where: { $0.involves(signer) }) else { throw .stillCommitted }
    accounts[signer].balanceUnits += accounts[signer].bondUnits
    accounts[signer].bondUnits = 0
    accounts[signer].nonce += 1
    contributors.remove(signer)
    return []
  }

  mutating func apply(_ message: TaskCreation, from signer: PublicKey, id: Digest) throws(Refusal)
    -> [ReplicaEvent]
  {
    try checkNonce(message.nonce, of: signer)
    guard tasks.count < Limits.tasks else { throw .tooManyTasks }
    // A task takes one of few places for good, which must cost something.
    guard message.escrowUnits > 0 else { throw .zeroUnits }
    try checkBalance(message.escrowUnits, of: signer)
    accounts[signer].balanceUnits -= message.escrowUnits
    accounts[signer].nonce += 1
    tasks[id] = TaskState(
      id: id, author: signer, specification: message.specification, escrowUnits: message.escrowUnits)
    return [.taskOpened(id), .windowOpened(task: id, window: 0)]
  }

  mutating func apply(_ message: TaskFunding, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    try checkNonce(message.nonce, of: signer)
    guard tasks[message.task] != nil else { throw .unknownTask }
    guard message.units > 0 else { throw .zeroUnits }
    try checkBalance(message.units, of: signer)
    accounts[signer].balanceUnits -= message.units
    accounts[signer].nonce += 1
    tasks[message.task]?.escrowUnits += message.units
    return []
  }
}
