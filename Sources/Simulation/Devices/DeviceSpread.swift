import Foundation
import JSON5
import Numerics

/// How a figure differs from device to device: all values are above zero.
public enum DeviceSpread: Equatable, Sendable {
  /// A part of the devices, whose values are drawn uniformly from a range.
  public struct Bucket: Equatable, Sendable {
    /// How many parts of the whole it takes; the whole is the sum over all buckets.
    public var parts: Int
    /// The least value.
    public var from: Double
    /// The greatest value.
    public var to: Double

    /// A part of the devices; `from` is at most `to`.
    public init(parts: Int, from: Double, to: Double) {
      self.parts = parts
      self.from = from
      self.to = to
    }
  }

  /// One value for every device.
  case same(Double)
  /// The exponential of a normal distribution with mean log(`median`) and deviation `sigma`.
  case logNormal(median: Double, sigma: Double)
  /// Each bucket takes its parts of the devices, to the nearest whole one.
  case buckets([Bucket])

  /// A value for each of so many devices, in an order that chance decides.
  func values(_ count: Int, using random: inout SeededRandom) -> [Double] {
    switch self {
    case .same(let value): return [Double](repeating: value, count: count)
    case .logNormal(let median, let sigma):
      return (0..<count).map { _ in median * exp(sigma * random.gaussian()) }
    case .buckets(let buckets):
      let whole = buckets.reduce(0) { $0 + $1.parts }
      var (values, parts) = ([Double](), 0)
      for bucket in buckets {
        parts += bucket.parts
        // Cutting at rounded running totals gives every device a bucket.
        let end = (count * parts + whole / 2) / whole
        while values.count < end {
          values.append(bucket.from + (bucket.to - bucket.from) * random.uniform())
        }
      }
      random.shuffle(&values)
      return values
    }
  }
}

extension DeviceSpread {
  /// The spread that a field's value describes; nil if it describes none of the range.
  init?(_ value: JSON5Value, _ name: String, in allowed: ClosedRange<Double>, _ fields: SettingsFields) {
    guard case .object = value.content else {
      guard let number = fields.number(value, name, in: allowed) else { return nil }
      self = .same(number)
      return
    }
    var spread: DeviceSpread?
    fields.object(value, name) { inner in
      inner.object("logNormal") { shape in
        let median = shape.requiredNumber("median", in: allowed)
        spread = .logNormal(median: median, sigma: shape.requiredNumber("sigma", in: ScenarioLimits.sigma))
      }
      let buckets: [Bucket]? = inner.list("buckets", count: ScenarioLimits.buckets) { value, name, inner in
        Bucket(value, name, in: allowed, inner)
      }
      if let buckets { spread = .buckets(buckets) }
      if inner.has("logNormal") == inner.has("buckets") {
        inner.report("", .unusable(reason: "it needs either logNormal or buckets"))
      }
    }
    guard let spread else { return nil }
    self = spread
  }

  /// The spread as a file writes it.
  var documented: String {
    switch self {
    case .same(let value): return "\(value)"
    case .logNormal(let median, let sigma): return "{ logNormal: { median: \(median), sigma: \(sigma) } }"
    case .buckets(let buckets):
      let list = buckets.map { "{ parts: \($0.parts), from: \($0.from), to: \($0.to) }" }
      return "{ buckets: [\(list.joined(separator: ", "))] }"
    }
  }
}

extension DeviceSpread.Bucket {
  fileprivate init?(
    _ value: JSON5Value, _ name: String, in allowed: ClosedRange<Double>, _ fields: SettingsFields
  ) {
    var bucket = Self(parts: 1, from: allowed.lowerBound, to: allowed.lowerBound)
    fields.object(value, name) { inner in
      inner.whole("parts", &bucket.parts, in: ScenarioLimits.bucketParts)
      bucket.from = inner.requiredNumber("from", in: allowed)
      bucket.to = inner.requiredNumber("to", in: allowed)
      if bucket.from > bucket.to {
        inner.report("to", .unusable(reason: "\(bucket.to) is below from, which is \(bucket.from)"))
      }
    }
    self = bucket
  }
}
