import Testing

@testable import Updates

struct PacketFormTests {
  @Test(
    arguments: [
      PacketForm.sparse(keptPerChunk: 1), .sparse(keptPerChunk: 4_096), .dense8, .dense4,
      .rotated(signsPerChunk: 64), .rotated(signsPerChunk: 4_096),
    ])
  func textComesBack(_ form: PacketForm) throws {
    #expect(try PacketForm(parsing: form.description) == form)
  }

  @Test(
    arguments: [
      "", "sparse", "sparse:", "sparse:0", "sparse:4097", "sparse:-1", "sparse:+64", "sparse:064",
      "sparse: 64",
      "sparse:64 ", "sparse:6４", "sparse:99999999999999999999", "Sparse:64", "dense", "dense16", "dense8 ",
      "DENSE8", "rotated", "rotated:", "rotated:0", "rotated:32", "rotated:96", "rotated:8192", "rotated:064",
      "rotated:64:64", "rotated:-64", "turned:64",
    ])
  func otherTextIsRefused(_ text: String) {
    #expect(throws: UpdateError.unknownForm(text)) { try PacketForm(parsing: text) }
  }

  @Test func aShortChunkKeepsItsShareRoundedUp() {
    #expect(ChunkGrid.quota(keptPerChunk: 64, parameterCount: 4_096) == 64)
    #expect(ChunkGrid.quota(keptPerChunk: 64, parameterCount: 4_095) == 64)
    #expect(ChunkGrid.quota(keptPerChunk: 64, parameterCount: 64) == 1)
    #expect(ChunkGrid.quota(keptPerChunk: 64, parameterCount: 65) == 2)
    #expect(ChunkGrid.quota(keptPerChunk: 1, parameterCount: 1) == 1)
    #expect(ChunkGrid.quota(keptPerChunk: 4_096, parameterCount: 17) == 17)
  }

  @Test func aShortChunkHasASignForEachValueAtMost() {
    for (signs, count, expected) in [
      (4_096, 4_096, 4_096), (4_096, 4_095, 2_048), (4_096, 64, 64), (4_096, 3, 2), (4_096, 1, 1),
      (64, 4_096, 64),
      (64, 4_095, 32), (64, 127, 1), (64, 1, 1),
    ] {
      #expect(RotatedLayout(signsPerChunk: signs).signCount(parameterCount: count) == expected)
    }
  }

  @Test func gridsCoverTheVector() {
    for count in [1, 4_095, 4_096, 4_097, 100_000] {
      let grid = ChunkGrid(parameterCount: count)
      let covered = (0..<grid.chunkCount).flatMap { Array(grid.parameters(inChunk: $0)) }
      #expect(covered == Array(0..<count))
      #expect(grid.parameters(inChunks: 0..<grid.chunkCount) == 0..<count)
      #expect(grid.parameters(inChunks: grid.chunkCount..<grid.chunkCount).isEmpty)
    }
  }
}
