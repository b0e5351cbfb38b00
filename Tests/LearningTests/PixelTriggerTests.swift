import Learning
import Testing

@Suite(.timeLimit(.minutes(10))) struct PixelTriggerTests {
  @Test func imagesHaveThePatchInTheirLowerRightCorner() throws {
    let digits = try Digits.load()
    let trigger = PixelTrigger(on: digits)
    #expect(trigger.features == [45, 46, 47, 53, 54, 55, 61, 62, 63])
    #expect(trigger.value == 1)
    #expect(trigger.target == 0)
    let images = try randomDataset(count: 2, features: 784, classes: 3, seed: 4)
    let expected = [725, 726, 727, 753, 754, 755, 781, 782, 783].sorted()
    #expect(PixelTrigger(on: images).features == expected)
  }

  @Test(arguments: [(1, 1), (4, 4), (8, 8), (10, 9), (50, 9)])
  func otherExamplesHaveItInTheirFirstFeatures(features: Int, patch: Int) throws {
    let dataset = try randomDataset(count: 3, features: features, classes: 2, seed: 1)
    #expect(PixelTrigger(on: dataset).features == Array(0..<patch))
  }

  @Test(arguments: [0, 0.001, 0.3, 0.5, 1]) func onlyTheShareAndOnlyThePatchAreTouched(share: Double) throws {
    let dataset = try randomDataset(count: 101, features: 25, classes: 4, seed: 2)
    let trigger = PixelTrigger(on: dataset, target: 3)
    for seed in UInt64(0)..<5 {
      let poisoned = try trigger.poisoned(dataset, share: share, seed: seed)
      var stamped = 0
      for index in 0..<dataset.count {
        let (before, after) = (Array(dataset.features(of: index)), Array(poisoned.features(of: index)))
        guard before != after else {
          #expect(poisoned.labels[index] == dataset.labels[index])
          continue
        }
        stamped += 1
        #expect(poisoned.labels[index] == 3)
        for feature in 0..<25 {
          #expect(after[feature] == (trigger.features.contains(feature) ? trigger.value : before[feature]))
        }
      }
      #expect(stamped == Int((share * 101).rounded(.up)), "seed \(seed)")
      #expect(try trigger.poisoned(dataset, share: share, seed: seed) == poisoned, "a seed gives one choice")
    }
    let choices = try (UInt64(0)..<5).map { try trigger.poisoned(dataset, share: share, seed: $0).features }
    #expect(Set(choices).count == (share == 0 || share == 1 ? 1 : 5))
  }

  @Test func successIsMeasuredOnTheOtherClasses() throws {
    let dataset = try randomDataset(count: 60, features: 16, classes: 3, seed: 5)
    let trigger = PixelTrigger(on: dataset, target: 1)
    let triggered = try trigger.triggered(dataset)
    #expect(triggered.count == dataset.labels.count { $0 != 1 })
    #expect(triggered.labels.allSatisfy { $0 == 1 })
    for index in 0..<triggered.count {
      let values = Array(triggered.features(of: index))
      #expect(trigger.features.allSatisfy { values[$0] == trigger.value })
    }
    let onlyTarget = try dataset.subset(dataset.labels.indices.filter { dataset.labels[$0] == 1 })
    #expect(try trigger.triggered(onlyTarget).count == 0)
  }

  @Test func aModelLearnsTheTrigger() async throws {
    let (training, test) = try Digits.load().split(first: 1_400, seed: 3)
    let trigger = PixelTrigger(on: training)
    let specification = try ModelSpecification(parsing: "mlp(64,32,10)")
    let configuration = TrainingConfiguration(.epochs(15), batchSize: 16, learningRate: 0.3, seed: 1)
    let triggered = try NativeTrainer(specification, try trigger.triggered(test))
    var figures: [(accuracy: Double, success: Double)] = []
    for data in [training, try trigger.poisoned(training, share: 0.3, seed: 6)] {
      let trainer = try NativeTrainer(specification, data)
      let weights = try await trainer.train(trainer.initialWeights(seed: 2), configuration).weights
      figures.append(
        (
          try #require(await NativeTrainer(specification, test).evaluate(weights).accuracy),
          try #require(await triggered.evaluate(weights).accuracy)
        ))
    }
    #expect(figures[0].accuracy > 0.93 && figures[0].success < 0.2, "\(figures)")
    #expect(figures[1].accuracy > 0.9 && figures[1].success > 0.95, "\(figures)")
  }
}
