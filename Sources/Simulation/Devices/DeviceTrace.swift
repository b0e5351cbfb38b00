import Engines
import Learning

/// Measured devices, of which each contributor takes one.
///
/// A trace is a CSV file with a header: a column `slowness`, and if links are limited `upBytesPerSecond` and
/// `downBytesPerSecond`, in any order. Each line is a device.
public struct DeviceTrace: Sendable {
  /// Why a trace was refused.
  public struct Mistake: Error, Equatable, CustomStringConvertible {
    /// The file, the line, the field, and what is wrong there.
    public let description: String
  }

  private enum Column: String, CaseIterable {
    case slowness
    case up = "upBytesPerSecond"
    case down = "downBytesPerSecond"

    var range: ClosedRange<Double> {
      self == .slowness ? ScenarioLimits.slowness : ScenarioLimits.bytesPerSecond
    }
  }

  /// At least one.
  let devices: [Device]

  /// Reads a file.
  ///
  /// - Throws: `Mistake`, or `EngineError` for a file that cannot be read
  init(path: String) throws {
    try self.init(csv: try FileReader.read(path, limitBytes: ScenarioLimits.traceBytes), name: path)
  }

  /// Reads a file's bytes.
  ///
  /// - Parameter name: the file's name, for errors
  init(csv bytes: [UInt8], name: String) throws(Mistake) {
    do {
      devices = try Self.devices(bytes, name)
    } catch let mistake as Mistake {
      throw mistake
    } catch {
      throw Mistake(description: "\(name): \(error)")
    }
  }

  private static func devices(_ bytes: [UInt8], _ name: String) throws -> [Device] {
    var reader = CSVReader(bytes)
    let known = Column.allCases.map(\.rawValue)
    let columns = try (reader.next() ?? []).map { title in
      guard let column = Column(rawValue: title) else {
        throw Mistake(
          description: "\(name), line \(reader.line): there is no field '\(title.prefix(40))'; "
            + "a header names \(known.joined(separator: ", "))")
      }
      return column
    }
    guard columns.contains(.slowness), Set(columns).count == columns.count else {
      throw Mistake(
        description: "\(name), line 1: the header names slowness once, and each other field at most once")
    }
    var devices: [Device] = []
    while let fields = try reader.next() {
      guard fields.count == columns.count else {
        throw Mistake(
          description:
            "\(name), line \(reader.line): \(fields.count) fields, where the header has \(columns.count)")
      }
      var device = Device()
      for (column, field) in zip(columns, fields) {
        guard let value = Double(field), column.range.contains(value) else {
          throw Mistake(
            description: "\(name), line \(reader.line), field \(column.rawValue): '\(field.prefix(40))' is "
              + "no number from \(column.range.lowerBound) to \(column.range.upperBound)")
        }
        switch column {
        case .slowness: device.slowness = value
        case .up: device.upBytesPerSecond = value
        case .down: device.downBytesPerSecond = value
        }
      }
      devices.append(device)
    }
    guard !devices.isEmpty else { throw Mistake(description: "\(name): there is no device below the header") }
    return devices
  }
}
