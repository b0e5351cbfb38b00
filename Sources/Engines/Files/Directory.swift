import Glibc

/// Folders: listing, making and synchronising them.
enum Directory {
  /// What a name in a folder stands for.
  enum Kind: Sendable {
    case file
    case folder
    case other
  }

  /// A name in a folder.
  struct Entry: Sendable {
    let name: String
    let kind: Kind
  }

  /// The folder that a path lies in.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// What stands at a path, a link not followed; nil if nothing does.
  static func kind(of path: String) throws(EngineError) -> Kind? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw .system("inspect", path: path, number: errno)
    }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    default: .other
    }
  }

  /// What a folder holds, in ascending order of the names' bytes.
  static func entries(of path: String) throws(EngineError) -> [Entry] {
    var result: [Entry] = []
    for name in try names(in: path) {
      if let kind = try kind(of: path + "/" + name) { result.append(Entry(name: name, kind: kind)) }
    }
    return result.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Makes a folder that outlasts a crash, unless it is there.
  static func create(_ path: String) throws(EngineError) {
    if mkdir(path, 0o755) == 0 { return try sync(parent(of: path)) }
    guard errno == EEXIST else { throw .system("create", path: path, number: errno) }
    guard try kind(of: path) == .folder else { throw .system("create", path: path, number: EEXIST) }
  }

  /// Waits until the names in a folder are on the disk.
  static func sync(_ path: String) throws(EngineError) {
    try OpenFile(path, flags: O_RDONLY | O_DIRECTORY).sync()
  }

  static func remove(file path: String) throws(EngineError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw .system("remove", path: path, number: errno) }
  }

  private static func names(in path: String) throws(EngineError) -> [String] {
    guard let stream = opendir(path) else { throw .system("list", path: path, number: errno) }
    defer { closedir(stream) }
    var result: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      // The name is read in place: an entry is shorter than its type, so copying it would read past its end.
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(validatingCString: $0) }
      }
      guard let name else {
        throw EngineError(
          .unexpectedFile, at: path, problem: "it holds a name that is not UTF-8",
          remedy: "move that file away")
      }
      if name != ".", name != ".." { result.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw .system("list", path: path, number: errno) }
    return result
  }
}
