/// Images of one size, and the square patches that a convolution sees around each of their pixels.
///
/// An image lies in memory row by row, and pixel by pixel in a row; a pixel's channels are neighbours.
public struct PatchGrid: Sendable, Hashable {
  /// The pixels of a column of an image.
  public let height: Int
  /// The pixels of a row of an image.
  public let width: Int
  /// The values of a pixel.
  public let channels: Int
  /// The pixels along a patch's side, odd. Beyond the image a patch has zeros.
  public let side: Int

  /// Describes images and patches; all numbers are at least 1, and the side is odd.
  public init(height: Int, width: Int, channels: Int, side: Int) {
    precondition(min(height, width, channels, side) > 0 && side % 2 == 1, "a patch lies around a pixel")
    self.height = height
    self.width = width
    self.channels = channels
    self.side = side
  }

  /// The patches of an image, one a pixel.
  public var patchCount: Int { height * width }
  /// The values of a patch.
  public var patchLength: Int { side * side * channels }
  /// The values of an image.
  public var imageLength: Int { height * width * channels }
}

// The steps around the matrix products of a convolution. They use pointers because a checked index computed
// from several numbers keeps the loops from being vectorised; the lengths are checked on entry.
extension Kernels {
  /// Writes each pixel's patch as a row: for every image its `patchCount` rows of `patchLength` values.
  ///
  /// - Parameters:
  ///   - images: `count` images.
  ///   - patches: receives `count` * `patchCount` rows.
  public static func gatherPatches(
    of images: Span<Float>, count: Int, _ grid: PatchGrid, into patches: inout [Float]
  ) {
    check(images.count, patches.count, count, grid)
    images.withUnsafeBufferPointer { images in
      patches.withUnsafeMutableBufferPointer { patches in
        guard let from = images.baseAddress, var to = patches.baseAddress else { return }
        forEachPatchRow(count, grid) { row in
          to.update(repeating: 0, count: row.zerosBefore)
          to += row.zerosBefore
          to.update(from: from + row.start, count: row.count)
          to += row.count
          to.update(repeating: 0, count: row.zerosAfter)
          to += row.zerosAfter
        }
      }
    }
  }

  /// Adds each value of patches to the pixel's value that `gatherPatches` takes it from.
  ///
  /// - Parameters:
  ///   - patches: `count` * `patchCount` rows.
  ///   - images: `count` images, from an offset on.
  public static func addPatches(
    _ patches: [Float], count: Int, _ grid: PatchGrid, to images: inout [Float], at offset: Int
  ) {
    precondition(offset >= 0, "no image begins before the first value")
    check(images.count - offset, patches.count, count, grid)
    patches.withUnsafeBufferPointer { patches in
      images.withUnsafeMutableBufferPointer { images in
        guard var from = patches.baseAddress, let base = images.baseAddress else { return }
        let to = base + offset
        forEachPatchRow(count, grid) { row in
          from += row.zerosBefore
          for place in 0..<row.count { to[row.start + place] += from[place] }
          from += row.count + row.zerosAfter
        }
      }
    }
  }

  /// A row of a patch: where its values begin in the images, how many there are, and the zeros around them.
  private struct PatchRow {
    var zerosBefore = 0
    var start = 0
    var count = 0
    var zerosAfter = 0
  }

  @inline(__always)
  private static func forEachPatchRow(_ count: Int, _ grid: PatchGrid, _ body: (PatchRow) -> Void) {
    let (reach, channels) = (grid.side / 2, grid.channels)
    for image in 0..<count {
      for y in 0..<grid.height {
        for x in 0..<grid.width {
          let columns = max(x - reach, 0)..<min(x + reach + 1, grid.width)
          for line in y - reach...y + reach {
            guard (0..<grid.height).contains(line) else {
              body(PatchRow(zerosAfter: grid.side * channels))
              continue
            }
            let start = (image * grid.patchCount + line * grid.width + columns.lowerBound) * channels
            body(
              PatchRow(
                zerosBefore: (columns.lowerBound - x + reach) * channels, start: start,
                count: columns.count * channels,
                zerosAfter: (x + reach + 1 - columns.upperBound) * channels))
          }
        }
      }
    }
  }

  private static func check(_ imageValues: Int, _ patchValues: Int, _ count: Int, _ grid: PatchGrid) {
    precondition(imageValues >= count * grid.imageLength, "there are fewer than \(count) images")
    precondition(
      patchValues >= count * grid.patchCount * grid.patchLength, "no room for the patches of \(count) images")
  }
}

extension Kernels {
  /// Takes the greatest value of each square of two by two pixels, channel by channel, or 0 where it is
  /// negative. A last odd row or column is left out.
  ///
  /// - Parameters:
  ///   - images: `count` images of the grid's height and width with `channels` values a pixel.
  ///   - pooled: receives `count` images of half the height and width, from an offset on.
  ///   - choices: receives, at the same places, which pixel it was: 0 and 1 above, 2 and 3 below.
  public static func poolMaxima(
    of images: [Float], count: Int, height: Int, width: Int, channels: Int,
    into pooled: inout [Float], choices: inout [UInt8], at offset: Int
  ) {
    let length = (height / 2) * (width / 2) * channels
    precondition(images.count >= count * height * width * channels, "there are fewer than \(count) images")
    precondition(
      offset >= 0 && min(pooled.count, choices.count) - offset >= count * length,
      "no room for \(count) pooled images")
    images.withUnsafeBufferPointer { images in
      pooled.withUnsafeMutableBufferPointer { pooled in
        choices.withUnsafeMutableBufferPointer { choices in
          guard let images = images.baseAddress, var to = pooled.baseAddress, var choice = choices.baseAddress
          else { return }
          to += offset
          choice += offset
          forEachSquare(count, height, width, channels) { start in
            let (above, below) = (images + start, images + start + width * channels)
            for channel in 0..<channels {
              var (best, place): (Float, UInt8) = (above[channel], 0)
              if above[channels + channel] > best { (best, place) = (above[channels + channel], 1) }
              if below[channel] > best { (best, place) = (below[channel], 2) }
              if below[channels + channel] > best { (best, place) = (below[channels + channel], 3) }
              // A value that is not a number stays one, and is noticed later.
              to[channel] = best < 0 ? 0 : best
              choice[channel] = place
            }
            to += channels
            choice += channels
          }
        }
      }
    }
  }

  /// Carries derivatives back through `poolMaxima`: each goes to the pixel that was chosen if what came out
  /// was above 0, and all else is 0.
  ///
  /// - Parameters:
  ///   - derivatives: those by the pooled images, from an offset on, as are the next two.
  ///   - pooled: what came out.
  ///   - choices: which pixels they came from.
  ///   - images: receives `count` images of derivatives.
  public static func unpoolMaxima(
    _ derivatives: [Float], where pooled: [Float], choices: [UInt8], at offset: Int,
    count: Int, height: Int, width: Int, channels: Int, into images: inout [Float]
  ) {
    let length = (height / 2) * (width / 2) * channels
    let imageValues = count * height * width * channels
    precondition(images.count >= imageValues, "no room for \(count) images")
    precondition(
      offset >= 0 && min(derivatives.count, pooled.count, choices.count) - offset >= count * length,
      "there are fewer than \(count) pooled images")
    images.withUnsafeMutableBufferPointer { images in
      guard let images = images.baseAddress else { return }
      images.update(repeating: 0, count: imageValues)
      var from = offset
      forEachSquare(count, height, width, channels) { start in
        for channel in 0..<channels {
          let place = Int(choices[from + channel])
          let pixel = (place >> 1) * width + place & 1
          images[start + pixel * channels + channel] =
            pooled[from + channel] > 0 ? derivatives[from + channel] : 0
        }
        from += channels
      }
    }
  }

  /// Calls a function with the place of the first value of each square of two by two pixels.
  @inline(__always)
  private static func forEachSquare(
    _ count: Int, _ height: Int, _ width: Int, _ channels: Int, _ body: (Int) -> Void
  ) {
    for image in 0..<count {
      for y in 0..<height / 2 {
        for x in 0..<width / 2 { body(((image * height + 2 * y) * width + 2 * x) * channels) }
      }
    }
  }
}
