import Engines
import HTTP
import Wire

// Steps and first weights, whole or in part.
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
      bytes = try await fetch(digest)
    } catch {
      var response = Response.problem(
        503, code: "unavailable", detail: "the blob cannot be read now: \(error.problem); try again later")
      response.headers.add("retry-after", "1")
      return response
    }
    headers.add("content-type", "application/octet-stream")
    let condition = request.head.headers["if-range"]
    let range = condition == nil || condition == tag ? request.head.headers["range"] : nil
    switch ByteRange.select(range, of: bytes.count) {
    case .whole: return Response(200, headers: headers, body: body(bytes, 0..<bytes.count))
    case .part(let part):
      headers.add("content-range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(bytes.count)")
      return Response(206, headers: headers, body: body(bytes, part))
    case .unsatisfiable:
      var response = Response.problem(
        416, code: "rangeNotSatisfiable", detail: "the blob has \(bytes.count) bytes; ask for a part of these"
      )
      response.headers.add("content-range", "bytes */\(bytes.count)")
      return response
    }
  }

  private func fetch(_ digest: Digest) async throws(EngineError) -> [UInt8] {
    if let bytes = cache[digest] { return bytes }
    let bytes = try await blobs.get(digest)
    cache.set(digest, bytes, cost: bytes.count)
    return bytes
  }

  // All who download share the bytes; each connection has a slice at a time.
  private nonisolated func body(_ bytes: [UInt8], _ part: Range<Int>) -> Response.Body {
    let slice = limits.sliceBytes
    return .stream(length: part.count) { stream in
      for start in stride(from: part.lowerBound, to: part.upperBound, by: slice) {
        try await stream.write(Array(bytes[start..<min(start + slice, part.upperBound)]))
      }
    }
  }
}
