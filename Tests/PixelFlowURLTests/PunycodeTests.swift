import Testing

@testable import PixelFlowURL

/// The samples of RFC 3492, section 7.1, and names in use.
@Suite struct PunycodeTests {
    private static let samples = [
        ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"), ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
        ("Pročprostěnemluvíčesky", "Proprostnemluvesky-uyb24dma41a"), ("למההםפשוטלאמדבריםעברית", "4dbcagdahymbxekheh6e0a7fei0b"),
        ("なぜみんな日本語を話してくれないのか", "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa"),
        ("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l"), ("3年B組金八先生", "3B-ww4c5e180e575a65lsy2b"),
        ("bücher", "bcher-kva"), ("ü", "tda"), ("☃", "n3h"), ("💩", "ls8h"), ("a\u{10FFFF}", "a-h023p"),
    ]

    @Test(arguments: samples)
    func encodesAndDecodes(text: String, encoded: String) {
        #expect(Punycode.encode(Array(text.unicodeScalars)) == encoded)
        #expect(Punycode.decode(encoded[...]).map { String(String.UnicodeScalarView($0)) } == text)
    }

    @Test(arguments: ["é-", "a!b", "99999999", "zzzzzzzzzz9999999", "ü", "--\u{80}"])
    func refusesInvalidPunycode(text: String) {
        #expect(Punycode.decode(text[...]) == nil)
    }
}
