import CNats
import Glibc
import Synchronization
import Wire

/// What libnats calls back, from its own threads and perhaps after its connection is gone.
///
/// libnats hands each callback a pointer of ours. It is a number here, under which a table has what the
/// callback needs, so that a late call finds nothing and harms nothing.
enum NatsCallbacks {
  typealias Tag = UInt

  private struct Entry {
    let key: NatsKey?
    var lastError = ""
  }

  private struct Table {
    var nextTag: Tag = 1
    var entries: [Tag: Entry] = [:]
  }

  private static let table = Mutex(Table())

  static func register(key: NatsKey?) -> Tag {
    table.withLock { table in
      defer { table.nextTag += 1 }
      table.entries[table.nextTag] = Entry(key: key)
      return table.nextTag
    }
  }

  static func forget(_ tag: Tag) {
    table.withLock { table in _ = table.entries.removeValue(forKey: tag) }
  }

  /// What the server last complained of on a connection, such as a subject that is not allowed.
  static func lastError(of tag: Tag) -> String {
    table.withLock { $0.entries[tag]?.lastError ?? "" }
  }

  /// Has libnats call back with a tag.
  static func install(_ tag: Tag, in options: OpaquePointer?, userName: String?) -> natsStatus {
    // A number in a pointer's clothes, which nobody dereferences.
    let closure = UnsafeMutableRawPointer(bitPattern: tag)
    let status = natsOptions_SetErrorHandler(
      options,
      { connection, _, _, closure in
        var text: UnsafePointer<CChar>?
        _ = natsConnection_GetLastError(connection, &text)
        if let text { NatsCallbacks.note(String(cString: text), for: UInt(bitPattern: closure)) }
      }, closure)
    guard status == NATS_OK, let userName else { return status }
    return natsOptions_SetNKey(
      options, userName,
      { _, signature, length, nonce, closure in
        guard let nonce, let signature, let length else { return NATS_INVALID_ARG }
        let bytes = Array(String(cString: nonce).utf8)
        guard let signed = NatsCallbacks.sign(bytes, for: UInt(bitPattern: closure)),
          // libnats frees the signature, with `free`.
          let copy = malloc(signed.count)
        else { return NATS_NO_MEMORY }
        copy.copyMemory(from: signed, byteCount: signed.count)
        signature.pointee = copy.assumingMemoryBound(to: UInt8.self)
        length.pointee = CInt(signed.count)
        return NATS_OK
      }, closure)
  }

  private static func note(_ error: String, for tag: Tag) {
    table.withLock { $0.entries[tag]?.lastError = error }
  }

  private static func sign(_ nonce: [UInt8], for tag: Tag) -> [UInt8]? {
    table.withLock { $0.entries[tag]?.key }?.sign(nonce).bytes
  }
}
