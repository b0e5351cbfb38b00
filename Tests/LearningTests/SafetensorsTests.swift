import Learning
import Numerics
import Testing

@Suite struct SafetensorsTests {
  private let model: ModelSpecification
  private let weights: [Float]
  private let file: [UInt8]

  init() throws {
    model = try ModelSpecification(parsing: "mlp(4,3,2)")
    weights = model.initialWeights(seed: 3)
    file = try Safetensors.encode(weights, layout: model.layout, metadata: [("format", "pt")])
  }

  @Test func whatIsWrittenIsRead() throws {
    #expect(try Safetensors.decode(file, layout: model.layout) == weights)
  }

  @Test func tensorsMayStandInAnyOrder() throws {
    let layout = model.layout
    let turned = try ParameterLayout(layout.tensors.reversed().map { ($0.name, $0.shape) })
    let values = layout.tensors.reversed().flatMap { weights[$0.range] }
    #expect(try Safetensors.decode(try Safetensors.encode(values, layout: turned), layout: layout) == weights)
  }

  @Test func anotherModelsFileIsRefusedWithTheTensorsName() throws {
    for (name, expected) in [
      ("mlp(4,5,2)", "layers.0.weight"), ("softmax(4,3)", "layers.1.weight\" is missing"),
      ("mlp(4,3,3,2)", "layers.1.weight"),
    ] {
      let other = try ModelSpecification(parsing: name)
      let bytes = try Safetensors.encode(other.initialWeights(seed: 1), layout: other.layout)
      let error = #expect(throws: LearningError.self) { try Safetensors.decode(bytes, layout: model.layout) }
      #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }
    var infinite = weights
    infinite[5] = .infinity
    let bytes = try Safetensors.encode(infinite, layout: model.layout)
    #expect(throws: LearningError.weightNotFinite(index: 5)) {
      try Safetensors.decode(bytes, layout: model.layout)
    }
  }

  @Test func cutAndChangedFilesNeverCrash() throws {
    for count in 0..<file.count {
      #expect(throws: LearningError.self) {
        try Safetensors.decode(Array(file.prefix(count)), layout: model.layout)
      }
    }
    // Changed bytes of the header: the file is read or refused.
    let header = 8 + file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    for place in 0..<header {
      for change: UInt8 in [1, 2, 16, 128] {
        var changed = file
        changed[place] ^= change
        _ = try? Safetensors.decode(changed, layout: model.layout)
      }
    }
  }
}
