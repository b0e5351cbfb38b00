// Written by scripts/fixtures/blake2b_digests.py.

/// hashlib's digests of the bytes (7 i + 3) mod 256, for i from 0 to a length, under a tag.
enum DigestGoldens {
  static let cases: [(tag: StaticString, length: Int, hex: String)] = [
    ("", 0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
    ("", 1, "e88bd757ad5b9bedf372d8d3f0cf6c962a469db61a265f6418e1ffed86da29ec"),
    ("", 63, "a69e023685fa5f19fca13acc02142a9cf8450ce5b77966586e0d000c4a4ea942"),
    ("", 64, "586c0dd87616ec042093edc5f87f880d37ca73618e99b03d5850ce9be478721f"),
    ("", 127, "c9ae3859964b35f04c54b36d33cf299d7290ee621005d28e51598a943560aaaa"),
    ("", 128, "f0501d06597880592bc49234eef100ec1ff349058d0e9d9b753504e24af86dd6"),
    ("", 129, "a34a4e1e03c541dfbf3099c4b6c143c022ced65c28bd7e8a10e0a098461aecf0"),
    ("", 255, "f2d64a40e9412a3414161ff6250075225418fd7c271c1123e162e1bca0de9f93"),
    ("", 256, "d93ebb9c802f5630ab22516fd82b6c21bc8bd551d531349b715f046ed11ed871"),
    ("", 1000, "d62b6c768ce1afc8367e0498ab2f8e3f7c178c35b1429f14c4604b545d200f52"),
    ("trib.test", 0, "dff74036642d3c1f78a27a24d0c8047ff159edbcee40953bf2ea34ab78d9cf5d"),
    ("trib.test", 1, "a5cf45dc2c4feca89b9b0d1a110f5241069813582e778a772686c2507700a2f0"),
    ("trib.test", 63, "0cd1dc5c8ebe087dff4669e4d85ac61ac7668eaed2fc698a08db22419d5e8d70"),
    ("trib.test", 64, "cba18732c7cef99aacf55512ff76914c09c72597fe584609cb928a01cc6c9d5b"),
    ("trib.test", 127, "e98a59468478fcd328f83d4fd777370a3033e11d6ab7f8dcd974417a44cd9df8"),
    ("trib.test", 128, "dba11b1a21fd36c5a97ee871d9043d91731bb5437f8a7b4b401bee15e39990fb"),
    ("trib.test", 129, "1946d56656477716c989ac6ca2f8060693a83bbb73ff8216975d513f091f7ba4"),
    ("trib.test", 255, "b3d51e48f636531b4b1d99d0d51e6ec234cf8974bd9b733e874fc099dd7d34d4"),
    ("trib.test", 256, "3ba6243a5f901bc96ec9d2e71f26632eccec2d6135f5a9b444d7e632161324ed"),
    ("trib.test", 1000, "68ebecca673537b1feb6fec3e88c5f2c56dc88957c304afd2244d77c7e43c4ba"),
    ("sixteen-byte-tag", 0, "bc27e77213de4604200440fd2fa05b0c84cc265b89e20cffedf586e9753d4446"),
    ("sixteen-byte-tag", 1, "619ff4d42734438382134a4cf390c4867274a422fc5a07ecd47f0d98c48100f8"),
    ("sixteen-byte-tag", 63, "a71dff326a91ad7209428a0e7edd8e22ac2d9c98ed4e4f67b8f429b0229652b5"),
    ("sixteen-byte-tag", 64, "7dcf6e035af0b0c8a1aa5750bff7733e1e66d59b4de0426c8c78b7fb09a39632"),
    ("sixteen-byte-tag", 127, "1b6e3544219dd7b8fc768e1b745077a35aa4e6d96ca90411189e838b5da409db"),
    ("sixteen-byte-tag", 128, "945d6e5e2d9bf3fe053d49d46305c32612b33b16a87d6b64aa532c55cd6e3adb"),
    ("sixteen-byte-tag", 129, "b62124da5e98c2a6a4fc5c4e9ff3b7ed9e2c8c292a035af42cad6c753eee0a8a"),
    ("sixteen-byte-tag", 255, "e67d3697af6dcd538e0605f519729fa6f73166a4df04421a25a7acc5bc865219"),
    ("sixteen-byte-tag", 256, "d885d240eb836007c0e5377b44849c630f9813e24e7a81ed8362eac7926365c8"),
    ("sixteen-byte-tag", 1000, "aa73fa2fe460eb398dd7429a47b6981f109d528ba1d3f31e211c96c88b57a71a"),
  ]
}
