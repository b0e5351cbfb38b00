import Numerics
import Testing

struct ImageTests {
  private static let grids = [
    PatchGrid(height: 5, width: 4, channels: 2, side: 3),
    PatchGrid(height: 2, width: 7, channels: 3, side: 5),
    PatchGrid(height: 6, width: 6, channels: 1, side: 1),
    PatchGrid(height: 3, width: 3, channels: 2, side: 9),
  ]

  /// A value of a patch by its definition: the pixel's, or 0 beyond the image.
  private func patches(of images: [Float], count: Int, _ grid: PatchGrid) -> [Float] {
    var patches: [Float] = []
    let reach = grid.side / 2
    for image in 0..<count {
      for (y, x) in (0..<grid.patchCount).map({ ($0 / grid.width, $0 % grid.width) }) {
        for (line, column) in (0..<grid.side * grid.side).map({ ($0 / grid.side, $0 % grid.side) }) {
          let (line, column) = (y + line - reach, x + column - reach)
          let isInside = (0..<grid.height).contains(line) && (0..<grid.width).contains(column)
          for channel in 0..<grid.channels {
            let place = ((image * grid.height + line) * grid.width + column) * grid.channels + channel
            patches.append(isInside ? images[place] : 0)
          }
        }
      }
    }
    return patches
  }

  @Test(arguments: grids)
  func patchesAreThePixelsAround(grid: PatchGrid) {
    var random = SeededRandom(seed: 5)
    let images = random.gaussianVector(count: 3 * grid.imageLength, deviation: 1)
    var found = [Float](repeating: .nan, count: 3 * grid.patchCount * grid.patchLength)
    Kernels.gatherPatches(of: images.span, count: 3, grid, into: &found)
    #expect(found == patches(of: images, count: 3, grid))
  }

  /// <gather(x), p> = <x, add(p)>: the sums are of whole numbers, so they are exact.
  @Test(arguments: grids)
  func addingPatchesIsTheTransposeOfGatheringThem(grid: PatchGrid) {
    var random = SeededRandom(seed: 6)
    let images = (0..<2 * grid.imageLength).map { _ in Float(random.integer(below: 9) - 4) }
    let weights = (0..<2 * grid.patchCount * grid.patchLength).map { _ in Float(random.integer(below: 9) - 4)
    }
    var sums = [Float](repeating: 0, count: 7 + images.count)
    Kernels.addPatches(weights, count: 2, grid, to: &sums, at: 7)
    #expect(sums[..<7].allSatisfy { $0 == 0 })
    let products = zip(patches(of: images, count: 2, grid), weights).map { $0 * $1 }
    #expect(zip(images, sums[7...]).reduce(0) { $0 + $1.0 * $1.1 } == products.reduce(0, +))
  }

  @Test func poolingTakesTheGreatestOfASquareAndGivesItBack() {
    // Two channels; the last row and column of three are left out.
    let image: [Float] = [
      1, -1, /**/ 5, -2, /**/ 9, 9,
      4, -3, /**/ 2, -4, /**/ 9, 9,
      9, 9, /**/ 9, 9, /**/ 9, 9,
    ]
    var pooled: [Float] = [7, 0, 0]
    var choices: [UInt8] = [7, 7, 7]
    Kernels.poolMaxima(
      of: image, count: 1, height: 3, width: 3, channels: 2, into: &pooled, choices: &choices, at: 1)
    #expect(pooled == [7, 5, 0] && choices == [7, 1, 0])
    var derivatives = [Float](repeating: .nan, count: image.count)
    Kernels.unpoolMaxima(
      [0, 2, 3], where: pooled, choices: choices, at: 1, count: 1, height: 3, width: 3, channels: 2,
      into: &derivatives)
    #expect(derivatives == [0, 0, 2, 0] + [Float](repeating: 0, count: 14))
  }

  @Test func poolingIsTheMaximumEverywhere() {
    var random = SeededRandom(seed: 8)
    let (count, height, width, channels) = (2, 5, 6, 3)
    let images = random.gaussianVector(count: count * height * width * channels, deviation: 1)
    let length = (height / 2) * (width / 2) * channels
    var pooled = [Float](repeating: .nan, count: count * length)
    var choices = [UInt8](repeating: 9, count: count * length)
    Kernels.poolMaxima(
      of: images, count: count, height: height, width: width, channels: channels,
      into: &pooled, choices: &choices, at: 0)
    var expected: [Float] = []
    for (image, y) in (0..<count * (height / 2)).map({ ($0 / (height / 2), $0 % (height / 2)) }) {
      for (x, channel) in (0..<width / 2 * channels).map({ ($0 / channels, $0 % channels) }) {
        let square = [(0, 0), (0, 1), (1, 0), (1, 1)].map { down, right in
          images[((image * height + 2 * y + down) * width + 2 * x + right) * channels + channel]
        }
        expected.append(max(0, square.max() ?? 0))
      }
    }
    #expect(pooled == expected)
  }
}
