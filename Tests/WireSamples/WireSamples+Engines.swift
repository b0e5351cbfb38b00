import Engines
import Wire

extension WireSamples {
  static let engines: [WireSample] = [
    WireSample(LogAppend(id: digest(41), bytes: Array("a record".utf8)), "text"),
    WireSample(LogAppend(id: .zero, bytes: []), "least"),
    WireSample(
      LogBatch([
        LogAppend(id: digest(42), bytes: envelopes[0].bytes), LogAppend(id: digest(43), bytes: []),
        LogAppend(id: digest(42), bytes: [0]),
      ]), "three"),
    WireSample(LogBatch([]), "least"),
    WireSample(BlobManifest(of: Array("a short blob".utf8)), "short"),
    WireSample(BlobManifest(of: [UInt8](repeating: 7, count: BlobManifest.chunkBytes + 1)), "long"),
    WireSample(BlobManifest(of: []), "least"),
  ]
}
