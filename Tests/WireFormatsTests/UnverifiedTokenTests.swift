import Testing
import WireFormats

@Suite struct UnverifiedTokenTests {
    private static func token(_ claims: String) -> String { "e30." + Base64.urlEncoded(claims.utf8) + ".c2ln" }

    @Test func tellsTheOrganisation() {
        // Encodes to text with both letters that only the alphabet for URLs has.
        #expect(UnverifiedToken.organisation(of: Self.token(#"{"tenant":"o>?>?","sub":"u"}"#)) == "o>?>?")
    }

    @Test(arguments: [
        "", "pf_live_key", "a.b", "a.b.c.d", "e30.***.c2ln", "e30.e30.c2ln", token("[]"), token(#"{"tenant":1}"#), token("no JSON"),
        "e30.eyJ0ZW5hbnQiOiJvIn0=.c2ln",
    ])
    func anythingElseHasNone(token: String) { #expect(UnverifiedToken.organisation(of: token) == nil) }
}
