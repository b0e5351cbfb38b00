import Engines
import Testing

/// Expects an `EngineError` with a code, whose message names a place and a remedy.
///
/// - Returns: the error, for further checks.
@discardableResult
func expectFailure<Value>(
  _ code: EngineError.Code, naming place: String = "", _ circumstance: String = "",
  location: SourceLocation = #_sourceLocation, _ action: () async throws -> Value
) async -> EngineError? {
  do {
    _ = try await action()
    Issue.record("nothing was thrown where \(code) was due \(circumstance)", sourceLocation: location)
  } catch let error as EngineError {
    #expect(error.code == code, "\(error) \(circumstance)", sourceLocation: location)
    #expect(error.place.contains(place), "\(error) \(circumstance)", sourceLocation: location)
    #expect(!error.remedy.isEmpty, sourceLocation: location)
    return error
  } catch {
    Issue.record("\(error) was thrown, not an EngineError \(circumstance)", sourceLocation: location)
  }
  return nil
}
