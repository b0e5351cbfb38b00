import Engines
public import Ledger
import Wire

/// The file that a network's genesis is kept in, in the wire format.
public enum GenesisFile {
  /// Reads a genesis.
  ///
  /// - Throws: `AgentError.network` that names the file.
  public static func read(_ path: String) throws(AgentError) -> Genesis {
    do {
      let bytes = try FileReader.read(path, limitBytes: Ledger.Limits.genesisBytes)
      return try Genesis(wireBytes: bytes, limit: Ledger.Limits.genesisBytes)
    } catch let error as EngineError {
      throw .network(path: error.place, "\(error.problem); \(error.remedy)")
    } catch {
      throw .network(path: path, "\(error)")
    }
  }

  /// Writes a genesis, in place of any that is there.
  ///
  /// - Throws: `AgentError.network` that names the file.
  public static func write(_ genesis: Genesis, to path: String) throws(AgentError) {
    do {
      try AtomicFile.write(genesis.wireBytes, to: path)
    } catch {
      throw .network(path: error.place, "\(error.problem); \(error.remedy)")
    }
  }

  /// Writes a genesis to a new file, and never over one that is there.
  ///
  /// - Throws: `AgentError.network` that names the file.
  public static func create(_ genesis: Genesis, at path: String) throws(AgentError) {
    do {
      try AtomicFile.create(genesis.wireBytes, at: path)
    } catch {
      throw .network(path: error.place, "\(error.problem); \(error.remedy)")
    }
  }
}
