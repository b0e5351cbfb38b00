import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct ParameterLayoutTests {
  @Test func tensorsFollowOneAnother() throws {
    let layout = try ParameterLayout([("weight", [10, 64]), ("bias", [10]), ("scale", [])])
    #expect(layout.count == 651)
    #expect(layout.tensors.map(\.offset) == [0, 640, 650])
    #expect(layout["bias"]?.range == 640..<650)
    #expect(layout["scale"]?.count == 1)
    #expect(layout["absent"] == nil)
  }

  @Test func equalityIsByNamesAndShapes() throws {
    let layout = try ParameterLayout([("a", [2, 3])])
    #expect(try layout == ParameterLayout([("a", [2, 3])]))
    #expect(try layout != ParameterLayout([("a", [3, 2])]))
    #expect(try layout != ParameterLayout([("b", [2, 3])]))
  }

  @Test func anEmptyLayoutIsRefused() {
    #expect(throws: NumericsError.emptyLayout) { try ParameterLayout([]) }
  }

  @Test func namesMustBeUniqueAndShort() {
    #expect(throws: NumericsError.duplicateTensorName("a")) { try ParameterLayout([("a", [1]), ("a", [2])]) }
    #expect(throws: NumericsError.invalidTensorName(name: "", limitBytes: 256)) {
      try ParameterLayout([("", [1])])
    }
    let long = String(repeating: "é", count: 129)
    #expect(throws: NumericsError.invalidTensorName(name: long, limitBytes: 256)) {
      try ParameterLayout([(long, [1])])
    }
  }

  @Test(arguments: [0, -1, Int.min])
  func dimensionsMustBePositive(size: Int) {
    #expect(throws: NumericsError.dimensionNotPositive(tensor: "a", dimension: 1, size: size)) {
      try ParameterLayout([("a", [2, size])])
    }
  }

  @Test(arguments: [[1 << 31, 2], [Int.max], [1 << 16, 1 << 16], [Int.max, Int.max, Int.max]])
  func oversizeIsRefusedWithoutOverflow(shape: [Int]) {
    #expect(throws: NumericsError.tooManyParameters(tensor: "a", limit: 1 << 31)) {
      try ParameterLayout([("a", shape)])
    }
  }

  @Test func theLimitHoldsForTheSum() throws {
    #expect(try ParameterLayout([("a", [1 << 30]), ("b", [1 << 30])]).count == 1 << 31)
    #expect(throws: NumericsError.tooManyParameters(tensor: "c", limit: 1 << 31)) {
      try ParameterLayout([("a", [1 << 30]), ("b", [1 << 30]), ("c", [])])
    }
  }

  @Test func tooManyDimensionsOrTensorsAreRefused() {
    #expect(throws: NumericsError.rankTooLarge(tensor: "a", rank: 9, limit: 8)) {
      try ParameterLayout([("a", [Int](repeating: 1, count: 9))])
    }
    let many = (0...ParameterLayout.maximumTensors).map { (name: "t\($0)", shape: [1]) }
    #expect(throws: NumericsError.tooManyTensors(count: 65_537, limit: 65_536)) { try ParameterLayout(many) }
  }
}
