import Foundation

/// The accuracy of one cell, ours or a peer's.
struct TournamentScore: Sendable, Equatable {
  let cell: TournamentCell
  /// 0...1.
  let accuracy: Double

  init(_ cell: TournamentCell, accuracy: Double) {
    self.cell = cell
    self.accuracy = accuracy
  }
}

/// What other software came to on the same split of the data, against the same attacks.
///
/// It is read from JSON of the shape `{ "peer": name, "cells": [{ "rule", "attack", "skew", "attackers",
/// "seed", "accuracy" }] }`; other fields are passed over.
public struct PeerResults: Sendable, Codable, Equatable {
  /// The greatest length of a peer's file in bytes.
  public static let fileBytesLimit = 64 << 20

  private struct Cell: Sendable, Codable, Equatable {
    var rule: String
    var attack: String?
    var skew: Double
    var attackers: Int
    var seed: UInt64
    var accuracy: Double
  }

  /// The peer's name and version.
  public let peer: String
  private let cells: [Cell]

  /// Reads a peer's file.
  ///
  /// - Parameters:
  ///   - json: its bytes
  ///   - name: its name, for errors
  /// - Throws: `TournamentError.peer`
  public init(json: [UInt8], name: String) throws(TournamentError) {
    do {
      self = try RecordJSON.decoder.decode(Self.self, from: Data(json))
    } catch {
      throw .peer(path: name, reason: "it holds no results: \(Self.summary(error))")
    }
    guard !peer.isEmpty, peer != TournamentSummary.own else {
      throw .peer(path: name, reason: "'\(peer)' is no peer's name")
    }
    for (index, cell) in cells.enumerated() {
      guard (0...1).contains(cell.accuracy), cell.attackers >= 0, cell.skew > 0 else {
        throw .peer(path: name, reason: "cells[\(index)] has a value out of range")
      }
      guard (cell.attackers == 0) == (cell.attack == nil) else {
        throw .peer(
          path: name,
          reason: "cells[\(index)] has \(cell.attackers) attackers and "
            + (cell.attack.map { "the attack '\($0)'" } ?? "no attack"))
      }
    }
  }

  /// The accuracies, in the file's order; of a cell that it has twice, the last.
  var scores: [TournamentScore] {
    var places: [TournamentCell: Int] = [:]
    var scores: [TournamentScore] = []
    for cell in cells {
      let key = TournamentCell(
        rule: cell.rule, attack: cell.attack, skew: cell.skew, attackers: cell.attackers, seed: cell.seed)
      let score = TournamentScore(key, accuracy: cell.accuracy)
      if let place = places[key] {
        scores[place] = score
      } else {
        places[key] = scores.count
        scores.append(score)
      }
    }
    return scores
  }

  private static func summary(_ error: any Error) -> String {
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
    return switch error as? DecodingError {
    case .keyNotFound(let key, let context): "\(path(context)) has no field '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context): "\(path(context)) has another type"
    default: "it is not JSON"
    }
  }
}

/// Our default rule against a peer's best one, where both were run under the same seeds.
public struct PeerComparison: Sendable, Codable, Equatable {
  /// The peer's name.
  public var peer: String
  /// What both met; in a comparison of worst cases, without the attack.
  public var column: TournamentColumn
  /// The peer's rule to which ours compares worst.
  public var peerRule: String
  /// Its mean accuracy over the common seeds, 0...1.
  public var peerAccuracy: Double
  /// Our default rule's mean accuracy over the same seeds, 0...1.
  public var accuracy: Double

  /// Ours less the peer's: below 0 where the peer is better.
  public var difference: Double { accuracy - peerAccuracy }

  /// Compares every column that both have, in the order of ours.
  ///
  /// - Parameters:
  ///   - own: the scores of our default rule
  ///   - peer: a peer's results
  static func byColumn(_ own: [TournamentScore], _ peer: PeerResults) -> [PeerComparison] {
    let (mine, theirs) = (table(own), byRule(peer.scores))
    return columns(own).compactMap { column in
      theirs.compactMap { rule, columns in
        means(mine[column] ?? [:], columns[column] ?? [:]).map { mine, theirs in
          PeerComparison(
            peer: peer.peer, column: column, peerRule: rule, peerAccuracy: theirs, accuracy: mine)
        }
      }
      .min { $0.difference < $1.difference }
    }
  }

  /// Compares worst cases over the attacks that both sides met, for every skew and number of attackers. A
  /// peer's rule that was not run under all of them has no known worst case.
  static func ofWorstCases(_ own: [TournamentScore], _ peer: PeerResults) -> [PeerComparison] {
    let (mine, theirs) = (table(own), byRule(peer.scores))
    var panels: [TournamentColumn: [TournamentColumn]] = [:]
    var order: [TournamentColumn] = []
    for column in columns(own) where column.attack != nil {
      guard theirs.contains(where: { means(mine[column] ?? [:], $0.columns[column] ?? [:]) != nil }) else {
        continue
      }
      var panel = column
      panel.attack = nil
      if panels[panel] == nil { order.append(panel) }
      panels[panel, default: []].append(column)
    }
    return order.compactMap { panel in
      let common = panels[panel] ?? []
      return theirs.compactMap { rule, columns -> PeerComparison? in
        let pairs = common.compactMap { means(mine[$0] ?? [:], columns[$0] ?? [:]) }
        guard pairs.count == common.count, let ours = pairs.map(\.0).min(), let its = pairs.map(\.1).min()
        else { return nil }
        return PeerComparison(
          peer: peer.peer, column: panel, peerRule: rule, peerAccuracy: its, accuracy: ours)
      }
      .min { $0.difference < $1.difference }
    }
  }

  private typealias Table = [TournamentColumn: [UInt64: Double]]

  private static func columns(_ scores: [TournamentScore]) -> [TournamentColumn] {
    var seen: Set<TournamentColumn> = []
    return scores.map { TournamentColumn($0.cell) }.filter { seen.insert($0).inserted }
  }

  private static func table(_ scores: [TournamentScore]) -> Table {
    var table: Table = [:]
    for score in scores {
      table[TournamentColumn(score.cell), default: [:]][score.cell.seed] = score.accuracy
    }
    return table
  }

  private static func byRule(_ scores: [TournamentScore]) -> [(rule: String, columns: Table)] {
    let rules = Dictionary(grouping: scores, by: \.cell.rule)
    return rules.keys.sorted().map { ($0, table(rules[$0] ?? [])) }
  }

  /// The means of both over the seeds that both have; nil without any.
  private static func means(_ left: [UInt64: Double], _ right: [UInt64: Double]) -> (Double, Double)? {
    let seeds = left.keys.filter { right[$0] != nil }.sorted()
    guard !seeds.isEmpty else { return nil }
    func mean(_ table: [UInt64: Double]) -> Double {
      seeds.reduce(0) { $0 + (table[$1] ?? 0) } / Double(seeds.count)
    }
    return (mean(left), mean(right))
  }
}
