public import JSON5
public import Ledger

extension PacketPrivacy {
  /// Reads who can open a task's packets.
  public static func read(_ name: String, _ target: inout PacketPrivacy, _ fields: inout SettingsFields) {
    guard let value = fields.value(name) else { return }
    target = fields.choice(value, name, of: PacketPrivacy.allCases.map { ($0.name, $0) }) ?? target
  }

  /// The choice as a field `packetPrivacy` of a file, with a comment.
  public var documented: String {
    """
      // Who can read contributors' packets: "sealed-published" (the validators; everybody after the merge),
      // "sealed-kept" (the validators alone: an audit needs one of their keys) or "plain" (everybody).
      packetPrivacy: \(JSON5Text.quoted(name)),
    """
  }
}
