import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowS3

@Suite struct S3SettingsTests {
    private let own = ["PIXELFLOW_S3_ACCESS_KEY": "own", "PIXELFLOW_S3_SECRET_KEY": "hush"]

    private func settings(_ url: String, _ environment: [String: String]? = nil) throws -> S3Settings {
        try S3Settings(Settings(environment: (environment ?? own).merging(["PIXELFLOW_BLOB_URL": url]) { $1 }))
    }

    @Test func readsEveryOption() throws {
        let read = try settings(
            "s3://images/some/where?endpoint=http://s3.example:9000&region=eu-west-1&path_style=false&create_bucket=true"
                + "&public_endpoint=https://cdn.example")
        #expect(read.bucket == "images")
        #expect(read.prefix == "some/where")
        #expect(read.region == "eu-west-1")
        #expect(!read.usesPathStyle)
        #expect(read.createsBucket)
        #expect(read.endpoint.authority == "s3.example:9000")
        #expect(read.publicEndpoint.authority == "cdn.example")
        #expect(read.requests == 64)
    }

    @Test func usesAWSWithoutAnEndpoint() throws {
        let read = try settings("s3://images?region=eu-central-1")
        let address = S3Address(endpoint: read.endpoint, bucket: read.bucket, usesPathStyle: read.usesPathStyle)
        let request = SignableRequest(method: "GET", path: address.path("t/a/ü b"), headers: [])
        #expect(address.url(request) == "https://images.s3.eu-central-1.amazonaws.com/t/a/%C3%BC%20b")
        #expect(address.path(nil) == "/")
    }

    @Test func putsTheBucketIntoThePathOfOtherServers() throws {
        let read = try settings("s3://images?endpoint=http://[::1]:8333/")
        let address = S3Address(endpoint: read.endpoint, bucket: read.bucket, usesPathStyle: read.usesPathStyle)
        #expect(address.url(SignableRequest(method: "GET", path: address.path("t/a/b"), headers: [])) == "http://[::1]:8333/images/t/a/b")
        #expect(address.path(nil) == "/images")
    }

    @Test(arguments: [
        "", "images", "file:images", "s3:images", "s3://", "s3://ab", "s3://Images", "s3://a..b", "s3://images:80",
        "s3://images?path_style=yes",
        "s3://images?endpoint=s3.example", "s3://images?endpoint=ftp://s3.example", "s3://images?endpoint=http://s3.example/path",
        "s3://images?endpoint=http://127.0.0.1:8333&path_style=false", "s3://images/a/../b", "s3://images?create_bucket=",
        "s3://images?region=", "s3://images?region",
        "s3://own:hush@images", "s3://images?secret_key=hush", "s3://images?access_key=own&secret=hush",
        "s3://images?endpoint=http://own:hush@s3.example",
    ])
    func refusesAnInvalidURL(url: String) {
        let error = #expect(throws: PixelFlowError.self) { try settings(url) }
        #expect(error?.code == "setting_invalid")
        #expect(error?.field == "PIXELFLOW_BLOB_URL")
        #expect(error.map { !"\($0)".contains("hush") } == true)
    }

    @Test(arguments: [
        ([:], "PIXELFLOW_S3_ACCESS_KEY"), (["PIXELFLOW_S3_ACCESS_KEY": "a"], "PIXELFLOW_S3_SECRET_KEY"),
        (["PIXELFLOW_S3_SECRET_KEY": "hush"], "PIXELFLOW_S3_ACCESS_KEY"), (["AWS_ACCESS_KEY_ID": "a"], "PIXELFLOW_S3_SECRET_KEY"),
        // Half of each of two pairs is not a pair.
        (["PIXELFLOW_S3_ACCESS_KEY": "a", "AWS_SECRET_ACCESS_KEY": "hush"], "PIXELFLOW_S3_SECRET_KEY"),
    ])
    func requiresCredentials(environment: [String: String], missing: String) {
        let error = #expect(throws: PixelFlowError.self) { try settings("s3://images", environment) }
        #expect(error?.field == missing)
        #expect(error?.message.contains("anonymously") == true)
        #expect(error.map { !"\($0)".contains("hush") } == true)
    }

    @Test func prefersItsOwnCredentials() throws {
        let aws = ["AWS_ACCESS_KEY_ID": "aws", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"]
        #expect(try settings("s3://images", aws).credentials == AWSCredentials(accessKey: "aws", secretKey: "s", sessionToken: "t"))
        let both = try settings("s3://images", aws.merging(own) { $1 }).credentials
        #expect(both == AWSCredentials(accessKey: "own", secretKey: "hush"))
    }

    @Test func printsNoSecret() throws {
        let read = try settings("s3://images")
        var dumped = ""
        dump(read, to: &dumped)
        #expect(!"\(read)".contains("hush") && !dumped.contains("hush"))
        #expect(S3Settings.descriptions.filter(\.isSecret).map(\.name) == ["PIXELFLOW_S3_SECRET_KEY"])
    }
}
