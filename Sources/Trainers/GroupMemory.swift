import Glibc

/// How much memory the processes of a group have, as the kernel says in `/proc`.
enum GroupMemory {
  /// The longest file of `/proc` that is read.
  private static let fileBytes = 16_384

  /// The processes of a group.
  static func members(of group: pid_t) -> [pid_t] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var members: [pid_t] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      if let process = pid_t(name), getpgid(process) == group { members.append(process) }
    }
    return members
  }

  /// Whether a group's resident bytes exceed a limit, and what they are.
  ///
  /// Pages that several processes share count once: each process has its part of them (Pss). The kernel takes
  /// long to count so; where the plain sums are within the limit, nobody needs to know.
  static func bytes(of group: pid_t, above limit: Int) -> Int? {
    let members = members(of: group)
    guard members.reduce(0, { $0 + residentBytes(of: $1) }) > limit else { return nil }
    let bytes = members.reduce(0) { sum, process -> Int in
      let shares = kilobytes("Pss:", in: "/proc/\(process)/smaps_rollup").map { $0 << 10 }
      return sum + (shares ?? residentBytes(of: process))
    }
    return bytes > limit ? bytes : nil
  }

  /// The most that a group's living processes have had, each at its own peak.
  static func peakBytes(of group: pid_t) -> Int {
    members(of: group).reduce(0) { sum, process in
      sum + (kilobytes("VmHWM:", in: "/proc/\(process)/status") ?? 0) << 10
    }
  }

  private static func residentBytes(of process: pid_t) -> Int {
    let fields = text(of: "/proc/\(process)/statm").split(separator: " ")
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(CInt(_SC_PAGESIZE)))
  }

  private static func kilobytes(_ field: String, in path: String) -> Int? {
    let line = text(of: path).split(separator: "\n").first { $0.hasPrefix(field) }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  }

  /// A file's text; empty if its process has ended.
  private static func text(of path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    let bytes = [UInt8](unsafeUninitializedCapacity: fileBytes) { buffer, filled in
      filled = max(0, read(file, buffer.baseAddress, fileBytes))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
