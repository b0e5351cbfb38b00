/// The module map of ARCHITECTURE.md.
enum Layout {
  /// The modules from the top to the bottom. A module imports only those below it.
  static let modules = [
    "tributary", "Simulation", "Services", "Door", "Settings", "Agents", "Trainers", "Engines", "HTTP",
    "Ledger", "Attribution", "Aggregation", "Updates", "Learning", "Numerics", "JSON5", "Wire",
  ]

  /// The modules that know no I/O, and what each may import besides the modules below it. Dispatch and
  /// Synchronization only divide work among threads.
  static let pureModules: [String: Set<String>] = [
    "Ledger": [], "Attribution": ["Glibc"], "Aggregation": ["Dispatch", "Glibc", "Synchronization"],
    "Updates": [],
    "Learning": ["CDigits", "CZlib", "Glibc"],
    "Numerics": ["CIntrinsics", "CLinux", "COpenBLAS", "Dispatch", "Glibc", "Synchronization"], "JSON5": [],
    "Wire": ["CSodium"],
  ]

  /// The modules below the module map: C libraries, and data as C arrays.
  static let cModules: Set<String> = [
    "CCurl", "CDigits", "CEvent", "CIntrinsics", "CLinux", "CNats", "COpenBLAS", "CSQLite", "CSodium",
    "CZlib",
  ]

  /// Whoever imports one of these binds C, and needs pointers for it.
  static let unsafeImports: Set<String> = cModules.union(["Glibc"])

  /// Says why a file of a module must not import another module; nil if it may.
  static func objection(to imported: String, in module: String) -> String? {
    guard let place = modules.firstIndex(of: module) else {
      return cModules.contains(module) ? nil : "the module \(module) is not in the module map"
    }
    if let importedPlace = modules.firstIndex(of: imported) {
      return importedPlace > place ? nil : "\(module) imports \(imported), which is not below it"
    }
    guard let allowed = pureModules[module], !allowed.contains(imported) else { return nil }
    return "\(module) is pure and imports \(imported)"
  }
}
