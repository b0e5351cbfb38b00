import Agents
import Foundation
import Wire

/// One update as its contributor sends it over HTTP.
struct UpdateRequests: Sendable {
  /// Orders the commitment.
  let commitment: [UInt8]
  /// Uploads the packet with its submission.
  let upload: [UInt8]
  /// The packet's length.
  let packetBytes: Int

  init(_ update: PackedUpdate, to task: Digest) {
    commitment = Self.order(update.commitment.wireBytes)
    let submission = Data(update.submission.wireBytes).base64EncodedString().replacing("+", with: "-")
      .replacing("/", with: "_").replacing("=", with: "")
    upload = Self.request(
      "POST /v1/tasks/\(task.hex)/packets", type: "application/octet-stream",
      fields: "tributary-submission: \(submission)\r\n", body: update.packet)
    packetBytes = update.packet.count
  }

  /// Orders an envelope.
  static func order(_ envelope: [UInt8]) -> [UInt8] {
    request("POST /v1/transactions", type: "application/x-protobuf", body: envelope)
  }

  /// Asks for something.
  static func get(_ path: String) -> [UInt8] { Array("GET \(path) HTTP/1.1\r\nhost: gateway\r\n\r\n".utf8) }

  private static func request(
    _ target: String, type: String, fields: String = "", body: [UInt8]
  ) -> [UInt8] {
    let head = "\(target) HTTP/1.1\r\nhost: gateway\r\ncontent-type: \(type)\r\n\(fields)"
    return Array("\(head)content-length: \(body.count)\r\n\r\n".utf8) + body
  }
}
