import Testing

@testable import Updates

struct PacketFormTests {
  @Test(arguments: [PacketForm.sparse(keptPerChunk: 1), .sparse(keptPerChunk: 4_096), .dense8, .dense4])
  func textComesBack(_ form: PacketForm) throws {
    #expect(try PacketForm(parsing: form.description) == form)
  }

  @Test(
    arguments: [
      "", "sparse", "sparse:", "sparse:0", "sparse:4097", "sparse:-1", "sparse:+64", "sparse:064",
      "sparse: 64",
      "sparse:64 ", "sparse:6４", "sparse:99999999999999999999", "Sparse:64", "dense", "dense16", "dense8 ",
      "DENSE8",
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
