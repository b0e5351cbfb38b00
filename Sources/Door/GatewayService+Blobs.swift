import Engines
import HTTP
import Wire

// Steps, checkpoints and first weights, whole or in part.
extension GatewayService {
  nonisolated func blob(_ digest: Digest, _ request: Request) async throws -> Response {
    let tag = "\"\(digest.hex)\""
    guard await publications.blobs.contains(digest) else {
      return Answers.notFound("no published blob has this digest; packets are not published")
    }
    var headers: Headers = [
      "etag": tag, "accept-ranges": "bytes", "cache-control": "public, max-age=31536000, immutable",
    ]
    // A blob's name is its digest: whoever has it has it right.
    if request.head.headers.lists(tag, in: "if-none-match") { return Response(304, headers: headers) }
    let bytes: [UInt8]
    do throws(EngineError) {
      guard let fetched = try await fetch(digest) else {
        return Self.busy("too many blobs are being fetched")
      }
      bytes = fetched
    } catch {
      return Self.busy("the blob cannot be read now: \(error.problem)")
    }
    headers.add("content-type", "application/octet-stream")
    let condition = request.head.headers["if-range"]
    let range = condition == nil || condition == tag ? request.head.headers["range"] : nil
    var response = Response(200, headers: headers)
    var part = 0..<bytes.count
    switch ByteRange.select(range, of: bytes.count) {
    case .whole: break
    case .part(let asked):
      part = asked
      response.status = 206
      response.headers.add("content-range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(bytes.count)")
    case .unsatisfiable:
      var response = Response.problem(
        416, code: "rangeNotSatisfiable", detail: "the blob has \(bytes.count) bytes; ask for a part of these"
      )
      response.headers.add("content-range", "bytes */\(bytes.count)")
      return response
    }
    guard let body = await body(digest, bytes, part, isHead: request.head.method == "HEAD") else {
      return Self.busy("too many blobs are being downloaded")
    }
    response.body = body
    return response
  }

  private static func busy(_ reason: String) -> Response {
    Answers.later(503, code: "unavailable", "\(reason); try again later")
  }

  /// A blob from memory or the store; nil if too many are being fetched. All who ask for one blob at a time
  /// wait for one fetch: a new version's step is asked for by everyone at once.
  private func fetch(_ digest: Digest) async throws(EngineError) -> [UInt8]? {
    if let bytes = shelf[digest] { return bytes }
    if let fetch = fetches[digest] { return try await fetch.value.get() }
    guard fetches.count < limits.fetches else { return nil }
    let fetch = Task { [blobs] () -> Result<[UInt8], EngineError> in
      do throws(EngineError) {
        return .success(try await blobs.get(digest))
      } catch {
        return .failure(error)
      }
    }
    fetches[digest] = fetch
    defer { fetches[digest] = nil }
    let bytes = try await fetch.value.get()
    shelf.keep(digest, bytes)
    return bytes
  }

  /// A part of a blob: at once if it is short, and else a slice after the other, while the blob is lent. Nil
  /// if too much is lent.
  private func body(_ digest: Digest, _ bytes: [UInt8], _ part: Range<Int>, isHead: Bool) -> Response.Body? {
    let slice = limits.sliceBytes
    if isHead { return .stream(length: part.count) { _ in } }
    if part.count <= slice { return .bytes(Array(bytes[part])) }
    guard shelf.lend(digest, bytes) else { return nil }
    return .stream(length: part.count) { stream in
      do {
        for start in stride(from: part.lowerBound, to: part.upperBound, by: slice) {
          try await stream.write(Array(bytes[start..<min(start + slice, part.upperBound)]))
        }
      } catch {
        await self.takeBack(digest)
        throw error
      }
      await self.takeBack(digest)
    }
  }

  private func takeBack(_ digest: Digest) { shelf.takeBack(digest) }
}
