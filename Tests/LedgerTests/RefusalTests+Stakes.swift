import Testing
import Wire

@testable import Ledger

extension RefusalTests {
  static let stakes: [RefusalCase] = [
    RefusalCase(.alreadyRegistered, "a contributor as a validator") { world in
      let key = world.contributors[0]
      return world.apply(
        .validatorBond(ValidatorBond(network: world.network, nonce: world.nonce(key), units: 1)), by: key)
    },
    RefusalCase(.alreadyRegistered, "a candidate as a contributor") { world in
      world = try LedgerWorld(candidates: 1)
      world.bond(4, 1)
      return world.register(world.validators[4])
    },
    RefusalCase(.insufficientUnits, "a stake of more than there is") { world in
      world = try LedgerWorld(candidates: 1)
      return world.bond(4, LedgerWorld.startUnits + 1)
    },
    RefusalCase(.insufficientUnits, "more stake taken out than there is") { $0.unbond(0, 101) },
    RefusalCase(.zeroUnits, "no stake") { $0.bond(0, 0) },
    RefusalCase(.zeroUnits, "no stake taken out") { $0.unbond(0, 0) },
    RefusalCase(.notValidator, "a stranger's stake taken out") { world in
      world = try LedgerWorld(candidates: 1)
      return world.unbond(4, 1)
    },
    RefusalCase(.belowMinimumStake, "a stake that is too small") { world in
      world = try LedgerWorld(candidates: 1, minimumStakeUnits: 100)
      return world.bond(4, 99)
    },
    RefusalCase(.belowMinimumStake, "too small a rest of a stake") { world in
      world = try LedgerWorld(minimumStakeUnits: 100)
      return world.unbond(0, 1)
    },
    RefusalCase(.struckOff, "a stake of a validator that signed twice") { world in
      try world.slash(0)
      let message = Transfer(
        network: world.network, nonce: world.nonce(world.author), recipient: world.validators[0].publicKey,
        units: 10)
      world.apply(.transfer(message), by: world.author)
      return world.bond(0, 10)
    },
  ]
}
