import Foundation
import Testing

@testable import HTTP

/// One way to write a request, and refusals with the right status for every other.
struct RequestHeadTests {
  private func head(_ text: String) throws(RequestFault) -> RequestHead {
    try RequestHead(parsing: Array(text.utf8), limits: HeadLimits(targetBytes: 64, fields: 4))
  }

  private func status(_ text: String) -> Int {
    do throws(RequestFault) {
      _ = try head(text)
      return 200
    } catch {
      return error.status
    }
  }

  @Test func aHeadSaysWhatWasSent() throws {
    let head = try head(
      "POST /a%20b/c?x=1&y=%2F&z HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nX-A:  b c \t\r\n\r\n")
    #expect(head.method == "POST")
    #expect(head.path == "/a%20b/c?x=1&y=%2F&z")
    #expect(head.target.segments == ["a b", "c"])
    #expect(head.target.query.map(\.name) == ["x", "y", "z"])
    #expect(head.target.query.map(\.value) == ["1", "/", ""])
    #expect(head.headers["x-a"] == "b c")
    #expect(head.contentLength == 12)
    #expect(head.keepsAlive && !head.expectsContinue && head.isVersion11)
  }

  @Test func versionsAndConnectionFieldsDecideWhetherTheConnectionStays() throws {
    #expect(try head("GET / HTTP/1.0\r\n\r\n").keepsAlive == false)
    #expect(try head("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keepsAlive)
    #expect(try head("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n").keepsAlive == false)
    #expect(try head("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n\r\n").expectsContinue)
  }

  @Test(arguments: [
    (400, ""), (400, "\r\n"), (400, "GET / HTTP/1.1\nHost: h\n\n"),
    (400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
    (400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"), (400, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    (400, "G@T / HTTP/1.1\r\nHost: h\r\n\r\n"), (400, "GETGETGETGETGETGE / HTTP/1.1\r\nHost: h\r\n\r\n"),
    (400, "GET a HTTP/1.1\r\nHost: h\r\n\r\n"), (400, "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
    (400, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), (400, "GET /%0 HTTP/1.1\r\nHost: h\r\n\r\n"),
    (400, "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n"), (400, "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n"),
    (400, "GET /%ff HTTP/1.1\r\nHost: h\r\n\r\n"), (400, "GET /ä HTTP/1.1\r\nHost: h\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\n\r\n"), (400, "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\n X: folded\r\n\r\n"), (400, "GET / HTTP/1.1\r\nHost : h\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n"), (400, "GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\u{0}b\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\n\r\nX: y\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1234567890123456789\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (411, "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (414, "GET /\(String(repeating: "a", count: 64)) HTTP/1.1\r\nHost: h\r\n\r\n"),
    (417, "GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n"),
    (431, "GET / HTTP/1.1\r\nHost: h\r\na: 1\r\nb: 1\r\nc: 1\r\nd: 1\r\n\r\n"),
    (505, "GET / HTTP/1.2\r\nHost: h\r\n\r\n"), (505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
    (505, "GET / http/1.1\r\nHost: h\r\n\r\n"),
  ])
  func anythingElseIsRefused(expected: Int, text: String) {
    #expect(status(text) == expected)
  }

  /// Any byte in any place is refused or read: nothing traps, and no head turns into two.
  @Test func noByteInAnyPlaceTraps() {
    let good = Array("GET /a?b=%20 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n".utf8)
    var accepted = 0
    for index in good.indices {
      for byte in UInt8.min...UInt8.max {
        var bytes = good
        bytes[index] = byte
        if let head = try? RequestHead(parsing: bytes) {
          accepted += 1
          #expect(head.headers.fields.count <= 2)
        }
      }
      #expect((try? RequestHead(parsing: Array(good.prefix(index)))) == nil)
    }
    #expect(accepted > good.count)
  }

  @Test(arguments: [
    (nil, ByteRange.Selection.whole), ("bytes=0-", .part(0..<10)), ("bytes=3-5", .part(3..<6)),
    ("bytes=3-3", .part(3..<4)), ("bytes=9-99", .part(9..<10)), ("bytes=-4", .part(6..<10)),
    ("bytes=-40", .part(0..<10)), ("bytes=10-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
    ("bytes=99999999999999999999-", .unsatisfiable), ("bytes=0-99999999999999999999", .part(0..<10)),
    ("bytes=5-3", .whole), ("bytes=a-b", .whole), ("bytes=-", .whole), ("bytes=1-2,4-5", .whole),
    ("lines=1-2", .whole), ("bytes=", .whole), ("Bytes=2-", .part(2..<10)),
  ])
  func rangesSelectBytes(value: String?, expected: ByteRange.Selection) {
    #expect(ByteRange.select(value, of: 10) == expected)
  }

  @Test func anEmptyBlobHasNoRange() {
    #expect(ByteRange.select("bytes=0-", of: 0) == .unsatisfiable)
    #expect(ByteRange.select("bytes=-1", of: 0) == .unsatisfiable)
    #expect(ByteRange.select(nil, of: 0) == .whole)
  }

  @Test func problemsAreWellFormedWhateverTheyQuote() throws {
    let detail = "line\nback\\slash \u{1} ä"
    let response = Response.problem(404, code: "a\"b", detail: detail)
    guard case .bytes(let bytes) = response.body else {
      Issue.record("a problem has bytes")
      return
    }
    #expect(bytes.last == UInt8(ascii: "\n") && bytes.dropLast().allSatisfy { $0 >= 0x20 })
    let problem = try JSONDecoder().decode(Problem.self, from: Data(bytes))
    #expect(problem == Problem(404, code: "a\"b", detail: detail))
    #expect(problem.title == "Not Found" && problem.type == "about:blank")
  }

  @Test func noHeaderValueCanStartAnotherLine() {
    var headers = Headers()
    headers.add("X", "a\r\nSet-Cookie: b")
    #expect(headers["x"] == "a  Set-Cookie: b")
  }
}
