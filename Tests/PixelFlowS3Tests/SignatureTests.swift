import Foundation
import PixelFlowCore
import Testing
import WireFormats

@testable import PixelFlowS3

/// The examples that AWS publishes: "Authenticating Requests" in the S3 API reference, and the test suite of Signature Version 4.
/// All values are copied from AWS unchanged.
@Suite struct SignatureTests {
    private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var method = "GET"
        var path = "/"
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
        var payloadHash = SignatureTests.emptyHash
        var signature: String
        var testDescription: String { name }
    }

    static let s3Examples = [
        Example(
            name: "GET object", path: "/test.txt", headers: [("range", "bytes=0-9")],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        Example(
            name: "PUT object", method: "PUT", path: "/\("test$file.text".percentEncoded(keeping: .objectPath))",
            headers: [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            payloadHash: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        Example(
            name: "GET bucket lifecycle", query: [("lifecycle", "")],
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        Example(
            name: "GET bucket (list objects)", query: [("prefix", "J"), ("max-keys", "2")],
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]

    @Test(arguments: s3Examples) func agreesWithS3(_ example: Example) {
        let time = SigningTime(Timestamp(Date(timeIntervalSince1970: 1_369_353_600)))
        #expect(time.dateTime == "20130524T000000Z")
        let signer = AWSSigner(
            credentials: AWSCredentials(accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1")
        let fixed = [
            (name: "host", value: "examplebucket.s3.amazonaws.com"), (name: "x-amz-content-sha256", value: example.payloadHash),
            (name: "x-amz-date", value: time.dateTime),
        ]
        let request = SignableRequest(
            method: example.method, path: example.path, query: example.query, headers: fixed + example.headers)
        let header = signer.authorization(for: request, payloadHash: example.payloadHash, at: time)
        #expect(header.hasSuffix("Signature=\(example.signature)"), "\(header)")
        #expect(header.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders="))
    }

    @Test func presignsAsS3Does() {
        let signer = AWSSigner(
            credentials: AWSCredentials(accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1")
        let time = SigningTime(Timestamp(Date(timeIntervalSince1970: 1_369_353_600)))
        let request = SignableRequest(method: "GET", path: "/test.txt", headers: [("host", "examplebucket.s3.amazonaws.com")])
        let signed = signer.presigned(request, lifetime: 86_400, at: time)
        #expect(signed.query.last?.name == "X-Amz-Signature")
        #expect(signed.query.last?.value == "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    }

    static let suite = [
        Example(name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Example(
            name: "get-vanilla-query-order-key-case", query: [("Param2", "value2"), ("Param1", "value1")],
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        Example(
            name: "get-vanilla-utf8-query", query: [("ሴ", "bar")],
            signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        Example(name: "post-vanilla", method: "POST", signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        Example(
            name: "get-unreserved", path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        Example(
            name: "get-utf8", path: "/\("ሴ".percentEncoded())",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        Example(
            name: "get-header-value-trim", headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    ]

    @Test(arguments: suite) func agreesWithTheTestSuite(_ example: Example) {
        let time = SigningTime(Timestamp(Date(timeIntervalSince1970: 1_440_938_160)))
        #expect(time.dateTime == "20150830T123600Z")
        let signer = AWSSigner(
            credentials: AWSCredentials(accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", service: "service")
        let fixed = [(name: "host", value: "example.amazonaws.com"), (name: "x-amz-date", value: time.dateTime)]
        let request = SignableRequest(
            method: example.method, path: example.path, query: example.query, headers: fixed + example.headers)
        let header = signer.authorization(for: request, payloadHash: example.payloadHash, at: time)
        #expect(header.hasSuffix("Signature=\(example.signature)"), "\(header)")
    }

    @Test func signsTheSessionToken() {
        let credentials = AWSCredentials(accessKey: "key", secretKey: "secret", sessionToken: "to ken")
        let signer = AWSSigner(credentials: credentials, region: "us-east-1")
        let request = SignableRequest(method: "GET", path: "/a", headers: [("host", "example.com")])
        let signed = signer.presigned(request, lifetime: 60, at: SigningTime(Timestamp(microseconds: 0)))
        #expect(signed.canonicalQuery.contains("&X-Amz-Security-Token=to%20ken&"))
    }

    @Test(arguments: [
        ("plain-._~/name", "plain-._~%2Fname", "plain-._~/name"), ("a b+c%d", "a%20b%2Bc%25d", "a%20b%2Bc%25d"),
        ("ü/€", "%C3%BC%2F%E2%82%AC", "%C3%BC/%E2%82%AC"), ("", "", ""),
    ])
    func encodes(text: String, name: String, path: String) {
        #expect(text.percentEncoded() == name)
        #expect(text.percentEncoded(keeping: .objectPath) == path)
    }

    @Test func neverPrintsASecret() {
        let credentials = AWSCredentials(accessKey: "AKIDEXAMPLE", secretKey: "hush", sessionToken: "hush2")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped] { #expect(!text.contains("hush")) }
    }
}
