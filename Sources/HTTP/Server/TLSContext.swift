import CEvent

/// A server's certificate and key, ready for handshakes: TLS 1.2 or later.
///
/// The pointer is OpenSSL's context, which any thread may use once it is set up; it is freed when the last
/// reference goes.
final class TLSContext: @unchecked Sendable {
  private let handle: OpaquePointer

  /// Reads the files.
  ///
  /// - Throws: `HTTPError` with code `badCertificate` that names the file.
  init(_ files: TLSFiles) throws(HTTPError) {
    guard let handle = SSL_CTX_new(TLS_server_method()) else {
      throw Self.failure("OpenSSL", "start it", remedy: "check the installation of libssl")
    }
    do throws(HTTPError) {
      guard cevent_harden(handle) == 1 else {
        throw Self.failure("OpenSSL", "require TLS 1.2", remedy: "allow it in the system's openssl.cnf")
      }
      guard SSL_CTX_use_certificate_chain_file(handle, files.certificateChain) == 1 else {
        throw Self.failure(
          files.certificateChain, "read the certificate chain",
          remedy: "give a PEM file with the certificate first")
      }
      guard SSL_CTX_use_PrivateKey_file(handle, files.privateKey, SSL_FILETYPE_PEM) == 1,
        SSL_CTX_check_private_key(handle) == 1
      else {
        throw Self.failure(
          files.privateKey, "use the key", remedy: "give the PEM file of the key that the certificate is for")
      }
    } catch {
      SSL_CTX_free(handle)
      throw error
    }
    self.handle = handle
  }

  deinit { SSL_CTX_free(handle) }

  /// The state of one connection; nil if memory is short.
  func makeSession() -> OpaquePointer? { SSL_new(handle) }

  /// Tells the client that the connection ends, so that it can tell the end from a cut.
  ///
  /// - Parameter listens: whether what the client still sends is read
  static func sayGoodbye(_ session: OpaquePointer, listens: Bool) {
    if !listens { SSL_set_shutdown(session, SSL_RECEIVED_SHUTDOWN) }
    SSL_shutdown(session)
    ERR_clear_error()
  }

  private static func failure(_ place: String, _ call: String, remedy: String) -> HTTPError {
    var text = [CChar](repeating: 0, count: 256)
    ERR_error_string_n(ERR_get_error(), &text, text.count)
    ERR_clear_error()
    let reason = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return HTTPError(.badCertificate, at: place, problem: "cannot \(call): \(reason)", remedy: remedy)
  }
}
