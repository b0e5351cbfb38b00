/// A small, strict reader of the pages that the report writes: it finds what a forgiving browser would hide.
struct MarkupChecker {
  struct Element {
    let name: String
    let attributes: [String: String]
    let isSelfClosed: Bool
  }

  private(set) var elements: [Element] = []
  private(set) var texts: [String] = []
  private(set) var faults: [String] = []

  init(_ page: String) {
    var rest = page[...]
    let doctype = "<!DOCTYPE html>\n"
    if rest.hasPrefix(doctype) { rest = rest.dropFirst(doctype.count) } else { faults.append("no doctype") }
    var open: [String] = []
    while let bracket = rest.firstIndex(of: "<") {
      readText(rest[..<bracket], inside: open.last)
      guard let end = rest[bracket...].firstIndex(of: ">") else {
        faults.append("a tag has no end")
        return
      }
      readTag(rest[rest.index(after: bracket)..<end], open: &open)
      rest = rest[rest.index(after: end)...]
    }
    readText(rest, inside: open.last)
    if !open.isEmpty { faults.append("not closed: \(open)") }
    let identifiers = elements.compactMap { $0.attributes["id"] }
    if Set(identifiers).count != identifiers.count { faults.append("identifiers are not unique") }
    for reference in elements.compactMap({ $0.attributes["aria-labelledby"] }) {
      for identifier in reference.split(separator: " ") where !identifiers.contains(String(identifier)) {
        faults.append("no element \(identifier)")
      }
    }
  }

  private mutating func readTag(_ tag: Substring, open: inout [String]) {
    if tag.hasPrefix("/") {
      if open.popLast() != String(tag.dropFirst()) {
        faults.append("</\(tag.dropFirst())> closes another element")
      }
      return
    }
    let isSelfClosed = tag.hasSuffix("/")
    var rest = isSelfClosed ? tag.dropLast() : tag
    let name = String(rest.prefix { $0.isLetter || $0.isNumber })
    rest = rest.dropFirst(name.count)
    var attributes: [String: String] = [:]
    while !rest.isEmpty {
      guard rest.first == " ", let equals = rest.firstIndex(of: "="),
        rest[equals...].dropFirst().first == "\"",
        let quote = rest[rest.index(equals, offsetBy: 2)...].firstIndex(of: "\"")
      else {
        faults.append("a broken attribute in <\(tag)>")
        break
      }
      let key = String(rest[rest.index(after: rest.startIndex)..<equals])
      if attributes[key] != nil { faults.append("\(key) is repeated in <\(tag)>") }
      let value = rest[rest.index(equals, offsetBy: 2)..<quote]
      attributes[key] = unescaped(value)
      rest = rest[rest.index(after: quote)...]
    }
    if name.isEmpty { faults.append("<\(tag)> has no name") }
    elements.append(Element(name: name, attributes: attributes, isSelfClosed: isSelfClosed))
    if !isSelfClosed { open.append(name) }
  }

  private mutating func readText(_ text: Substring, inside element: String?) {
    if element == "style" { return }
    let plain = unescaped(text)
    if !plain.allSatisfy(\.isWhitespace) { texts.append(plain) }
  }

  private mutating func unescaped(_ text: Substring) -> String {
    let entities = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#39": "'"]
    var result = ""
    var rest = text
    while let ampersand = rest.firstIndex(of: "&") {
      result += rest[..<ampersand]
      guard let semicolon = rest[ampersand...].firstIndex(of: ";"),
        let plain = entities[String(rest[rest.index(after: ampersand)..<semicolon])]
      else {
        faults.append("a bare & in \(text.prefix(60))")
        return result
      }
      result += plain
      rest = rest[rest.index(after: semicolon)...]
    }
    return result + rest
  }
}

extension MarkupChecker {
  /// Attributes of shapes that must be finite numbers, and those that must not be negative.
  private static let coordinates = [
    "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "width", "height", "r", "fill-opacity",
  ]
  private static let sizes = ["width", "height", "r", "fill-opacity"]

  /// What is wrong with the numbers that place shapes.
  var coordinateFaults: [String] {
    var faults: [String] = []
    for element in elements {
      for (key, value) in element.attributes where Self.coordinates.contains(key) {
        guard let number = Double(value), number.isFinite, abs(number) < 1e6 else {
          faults.append("\(element.name) \(key)=\(value)")
          continue
        }
        if Self.sizes.contains(key), number < 0 { faults.append("\(element.name) \(key)=\(value)") }
      }
      if let outline = element.attributes["d"],
        outline.contains(where: { !"MLCVhZ 0123456789.-".contains($0) })
      {
        faults.append("path \(outline.prefix(80))")
      }
    }
    return faults
  }
}
