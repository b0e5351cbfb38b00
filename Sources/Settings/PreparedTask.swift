import Engines
public import JSON5
import Learning
public import Ledger
import Numerics
import Trainers

/// A task as its author's file, and everything that the file names, have it: ready to be signed.
public struct PreparedTask: Sendable {
  /// What the file says.
  public let settings: TaskSettings
  /// What is to be signed.
  public let specification: TaskSpecification
  /// The weights of version 0.
  public let firstWeights: [Float]
}

extension PreparedTask {
  // As many values as a model may have, as Float32.
  private static let weightsBytesLimit =
    Safetensors.headerBytesLimit + 8 + 4 * Int(Ledger.Limits.parameters)

  /// What the author trains with.
  private enum Author {
    case native(ModelSpecification)
    case process(ProcessTrainer)

    var layout: ParameterLayout {
      switch self {
      case .native(let model): model.layout
      case .process(let process): process.layout
      }
    }
  }

  /// Reads a task's file, and looks at everything that it names. A trainer is started to be asked for its
  /// tensors and, without a file of weights, for the first ones; it is stopped again.
  ///
  /// - Parameters:
  ///   - json5: the file's bytes
  ///   - name: the file's name, for errors
  ///   - report: is told what happens to the trainer
  /// - Throws: `SettingsError` with every mistake that was found
  public static func read(
    json5: [UInt8], name: String, report: @escaping @Sendable (String) -> Void
  ) async throws(SettingsError) -> PreparedTask {
    var draft = try TaskSettings.draft(json5: json5, name: name)
    let files = files(&draft)
    let author = await author(&draft, report)
    let trainer = author.flatMap { signed($0, files, &draft) }
    let weights = await weights(author, &draft)
    if case .process(let process)? = author { await process.stop() }
    guard draft.isFaultless, let trainer, let weights else { throw draft.error }
    return PreparedTask(
      settings: draft.value, specification: draft.value.specification(trainer, firstWeights: weights),
      firstWeights: weights)
  }

  private static func files(_ draft: inout SettingsDraft<TaskSettings>) -> [ProcessTrainerSpecification.File]
  {
    guard let trainer = draft.value.trainer else { return [] }
    var files: [ProcessTrainerSpecification.File] = []
    for (index, name) in trainer.files.enumerated() {
      do throws(EngineError) {
        files.append(try TrainerFiles.file(name, in: trainer.process.command.folder))
      } catch {
        draft.report("trainer.files[\(index)]", .unusable(reason: "\(error)"))
      }
    }
    return files
  }

  private static func author(
    _ draft: inout SettingsDraft<TaskSettings>, _ report: @escaping @Sendable (String) -> Void
  ) async -> Author? {
    do throws(LearningError) {
      guard let trainer = draft.value.trainer else {
        return .native(try ModelSpecification(parsing: draft.value.model))
      }
      // What is wrong with a command that was not read has been noted.
      let command = trainer.process.command
      guard !command.arguments.isEmpty else { return nil }
      return .process(try await ProcessTrainer.start(command, expecting: nil, report: report))
    } catch {
      draft.report(draft.value.trainer == nil ? "model" : "trainer.command", .unusable(reason: "\(error)"))
      return nil
    }
  }

  private static func signed(
    _ author: Author, _ files: [ProcessTrainerSpecification.File], _ draft: inout SettingsDraft<TaskSettings>
  ) -> TrainerSpecification? {
    switch author {
    case .native(let model): return .native(model.description)
    case .process(let process):
      do throws(LedgerError) {
        let name = process.name.isEmpty ? "process" : process.name
        return .process(try ProcessTrainerSpecification(name: name, layout: process.layout, files: files))
      } catch {
        draft.report("trainer", .unusable(reason: "\(error)"))
        return nil
      }
    }
  }

  private static func weights(
    _ author: Author?, _ draft: inout SettingsDraft<TaskSettings>
  ) async -> [Float]? {
    if let path = draft.value.weights { return weights(in: path, author, &draft) }
    switch author {
    case nil: return nil
    case .native(let model): return model.initialWeights(seed: draft.value.seed)
    case .process(let process):
      do throws(LearningError) {
        return try await process.initialWeights(seed: draft.value.seed)
      } catch {
        draft.report("seed", .unusable(reason: "no weights are drawn: \(error)"))
        return nil
      }
    }
  }

  private static func weights(
    in path: String, _ author: Author?, _ draft: inout SettingsDraft<TaskSettings>
  ) -> [Float]? {
    do {
      let bytes = try FileReader.read(path, limitBytes: weightsBytesLimit)
      guard let layout = author?.layout else { return nil }
      for mistake in Safetensors.mistakes(in: bytes, layout: layout) {
        draft.report("weights", .unusable(reason: "\(path): \(mistake)"))
      }
      return draft.isSound(at: "weights") ? try Safetensors.decode(bytes, layout: layout) : nil
    } catch {
      draft.report("weights", .unusable(reason: "\(error)"))
      return nil
    }
  }
}
