import Foundation
import PixelFlowCore

/// The components of `s3://bucket[/prefix]?…`.
struct S3URL {
    static let name = "PIXELFLOW_BLOB_URL"
    static let options = ["endpoint", "region", "path_style", "create_bucket", "public_endpoint"]

    let bucket: String
    let prefix: String
    let region: String
    let endpoint: S3Endpoint
    let publicEndpoint: S3Endpoint
    let usesPathStyle: Bool
    let createsBucket: Bool

    /// - Throws: `setting_invalid`. The message never repeats the text, which may contain a secret.
    init(_ text: String) throws(PixelFlowError) {
        guard let url = URLComponents(string: text), url.scheme == "s3", let bucket = url.host, url.port == nil else {
            throw Self.invalid("must be of the form s3://bucket[/prefix]?endpoint=…&region=…")
        }
        guard url.user == nil, url.password == nil else {
            throw Self.invalid("must not contain credentials; set PIXELFLOW_S3_ACCESS_KEY and PIXELFLOW_S3_SECRET_KEY")
        }
        var options: [String: String] = [:]
        for item in url.queryItems ?? [] {
            guard Self.options.contains(item.name) else {
                throw Self.invalid("has the unknown option \(item.name); valid options are \(Self.options.joined(separator: ", "))")
            }
            guard let value = item.value, !value.isEmpty else { throw Self.invalid("has an option \(item.name) without a value") }
            options[item.name] = value
        }
        self.bucket = try Self.checkedBucket(bucket)
        prefix = try Self.checkedPrefix(url.path)
        region = options["region"] ?? "us-east-1"
        endpoint = try options["endpoint"].map(S3Endpoint.init) ?? .aws(region: region)
        publicEndpoint = try options["public_endpoint"].map(S3Endpoint.init) ?? endpoint
        usesPathStyle = try Self.flag("path_style", options, default: options["endpoint"] != nil)
        createsBucket = try Self.flag("create_bucket", options, default: false)
        guard usesPathStyle || !endpoint.isAddress else {
            throw Self.invalid(
                "needs path_style=true because its endpoint is not a host name")
        }
    }

    static func invalid(_ problem: String) -> PixelFlowError {
        .invalid(name, "\(name) \(problem).", code: "setting_invalid")
    }

    /// S3's rule: 3 to 63 lowercase letters, digits, dots and hyphens.
    private static func checkedBucket(_ bucket: String) throws(PixelFlowError) -> String {
        let isPlain = bucket.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        }
        guard (3...63).contains(bucket.utf8.count), isPlain, !bucket.contains("..") else {
            throw invalid("names an invalid bucket; a bucket name has 3 to 63 lower-case letters, digits, dots and hyphens")
        }
        return bucket
    }

    private static func checkedPrefix(_ path: String) throws(PixelFlowError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        let isClean = parts.allSatisfy { part in
            part != "." && part != ".." && part.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        }
        guard isClean, path.utf8.count <= 256 else { throw invalid("has a prefix that cannot be part of a key") }
        return parts.joined(separator: "/")
    }

    private static func flag(_ name: String, _ options: [String: String], default value: Bool) throws(PixelFlowError) -> Bool {
        switch options[name] {
        case nil: return value
        case "true": return true
        case "false": return false
        default: throw invalid("has an option \(name) that is neither true nor false")
        }
    }
}
