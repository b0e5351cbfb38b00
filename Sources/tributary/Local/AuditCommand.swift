import Agents
import Engines
import Foundation
import Wire

/// `tributary audit`: replays a network from its first record and checks everything in its folder.
enum AuditCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "audit", summary: "replay a network and check every signature, root, certificate and unit",
    operands: ["DIR"],
    options: [
      .init(
        name: "--threads", value: "N", help: "threads a merge uses (1); the result does not depend on it"),
      .init(
        name: "--key", value: "FILE",
        help: "a validator's key file, which opens what is sealed to it and was not published"),
      .init(name: "--json", value: nil, help: "print the finding as JSON"),
    ],
    example: "tributary audit tributary-demo/network")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let folder = NetworkFolder(arguments.operands[0])
    let threads: Int = try arguments.number("--threads", in: 1...256, command: specification) ?? 1
    guard FileManager.default.fileExists(atPath: folder.path) else {
      throw UsageError("there is no folder \(folder.path)", command: "audit")
    }
    let key = try arguments.text("--key").map(KeyFile.read)
    let asJSON = arguments.has("--json")
    do {
      let finding = try await Interruptible.run {
        try await NetworkAudit.run(folder, key: key, threads: threads) { done, total in
          ProgressBar(title: "audit", total: Int(total)).show(Int(done), "record \(done)/\(total)")
        }
      }
      print(asJSON ? json(finding) : text(finding))
      return .success
    } catch is CancellationError {
      throw CancellationError()
    } catch let error as AgentError where error.isAbsence {
      throw UsageError(error.description, command: "audit")
    } catch {
      if asJSON { print(JSONText.of(["ok": false, "error": "\(error)"])) }
      Console.error("the audit failed: \(error)")
      return .damaged
    }
  }

  private static func text(_ finding: NetworkAudit.Finding) -> String {
    let progress = finding.progress
    var lines = [
      "network       \(finding.network.hex)",
      "log           \(progress.records) records, chain and signatures good; "
        + "\(progress.refused) broke a rule and did nothing",
    ]
    lines += versions(progress)
    lines += [
      "units         \(finding.supplyUnits), all accounted for after every record",
      "blobs         \(finding.blobs), each matches its name",
      finding.isSealed
        ? "files         every byte matches the manifest"
        : "files         no manifest, as in a copy or after an unclean stop: bytes that nothing refers to "
          + "are unchecked",
    ]
    for head in finding.heads {
      lines.append("task \(head.task.short) version \(head.version), root \(head.root.hex)")
    }
    return lines.joined(separator: "\n")
  }

  private static func versions(_ progress: NetworkReplay.Progress) -> [String] {
    let unopened = progress.versions - progress.recomputed
    let sources = "from \(progress.merged) updates in all"
    guard unopened > 0 else {
      return ["versions      \(progress.versions) final, each recomputed to its certified root, \(sources)"]
    }
    return [
      "versions      \(progress.versions) final, each certified, with a step to its certified weights",
      "recomputed    \(progress.recomputed) of them to their certified roots, \(sources)",
      "not checked   the other \(unopened): how they were merged. Packets are sealed, and the keys of these "
        + "or of one",
      "              before them were not published: open them with --key and the key file of a validator",
      "              to which they are sealed",
    ]
  }

  private static func json(_ finding: NetworkAudit.Finding) -> String {
    let heads = finding.heads.map { ["task": $0.task.hex, "version": "\($0.version)", "root": $0.root.hex] }
    let object: [String: Any] = [
      "ok": true, "network": finding.network.hex, "records": finding.progress.records,
      "refused": finding.progress.refused, "versions": finding.progress.versions,
      "recomputed": finding.progress.recomputed,
      "merged": finding.progress.merged,
      "supplyUnits": finding.supplyUnits, "blobs": finding.blobs, "sealed": finding.isSealed, "tasks": heads,
    ]
    return JSONText.of(object)
  }
}
