import Testing
import Wire

@testable import Ledger

@Suite("Account transactions")
struct AccountTransactionTests {
  @Test("a transfer moves units and counts up the sender's nonce only")
  func transfer() throws {
    var world = try LedgerWorld()
    let (sender, recipient) = (world.contributors[0], try LedgerWorld.key(9, 0).publicKey)
    let (balance, nonce) = (world.balance(sender), world.nonce(sender))
    world.apply(
      .transfer(Transfer(network: world.network, nonce: nonce, recipient: recipient, units: 77)), by: sender)
    #expect(world.balance(sender) == balance - 77)
    #expect(world.nonce(sender) == nonce + 1)
    #expect(world.replica.accounts[recipient] == Account(key: recipient, balanceUnits: 77))
  }

  @Test("a transfer to oneself, or of everything, makes and loses nothing")
  func transferEdges() throws {
    var world = try LedgerWorld()
    let sender = world.contributors[0]
    let all = world.balance(sender)
    for recipient in [sender.publicKey, world.contributors[1].publicKey] {
      let message = Transfer(
        network: world.network, nonce: world.nonce(sender), recipient: recipient, units: all)
      #expect(world.apply(.transfer(message), by: sender).isEmpty)
    }
    #expect(world.balance(sender) == 0)
    #expect(world.balance(world.contributors[1]) == 2 * all)
  }

  @Test("a withdrawal takes units out of the network, which still balances")
  func withdrawal() throws {
    var world = try LedgerWorld()
    let balance = world.balance(world.author)
    for units in [1, balance - 1] {
      let message = Withdrawal(network: world.network, nonce: world.nonce(world.author), units: units)
      #expect(world.apply(.withdrawal(message), by: world.author).isEmpty)
    }
    #expect(world.replica.withdrawnUnits == balance)
    #expect(world.balance(world.author) == 0)
  }

  @Test("registration and release move the bond to and fro")
  func bond() throws {
    var world = try LedgerWorld()
    let key = world.contributors[0]
    #expect(world.replica.accounts[key.publicKey].bondUnits == LedgerWorld.bondUnits)
    #expect(world.balance(key) == LedgerWorld.startUnits - LedgerWorld.bondUnits)
    #expect(world.apply(.release(Release(network: world.network, nonce: world.nonce(key))), by: key).isEmpty)
    #expect(
      world.replica.accounts[key.publicKey]
        == Account(key: key.publicKey, balanceUnits: LedgerWorld.startUnits, nonce: 2))
    #expect(!world.replica.contributors.contains(key.publicKey))
    #expect(world.register(key).isEmpty)
    #expect(world.replica.contributors.contains(key.publicKey))
  }

  @Test("a contributor whose window is final can be released")
  func releaseAfterFinal() throws {
    var world = try LedgerWorld()
    world.finishWindow()
    let key = world.contributors[0]
    #expect(world.apply(.release(Release(network: world.network, nonce: world.nonce(key))), by: key).isEmpty)
  }

  @Test("a task is named by its envelope, takes its escrow from the author, and takes more from anyone")
  func task() throws {
    var world = try LedgerWorld()
    #expect(world.replica.tasks.keys.sorted() == [world.task])
    #expect(world.log.last?.id == world.task)
    #expect(world.state.author == world.author.publicKey)
    #expect(world.state.escrowUnits == LedgerWorld.escrowUnits)
    #expect(world.balance(world.author) == LedgerWorld.startUnits - LedgerWorld.escrowUnits)
    let giver = world.contributors[1]
    let message = TaskFunding(network: world.network, nonce: world.nonce(giver), task: world.task, units: 5)
    #expect(world.apply(.taskFunding(message), by: giver).isEmpty)
    #expect(world.state.escrowUnits == LedgerWorld.escrowUnits + 5)
  }
}
