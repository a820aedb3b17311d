package import PixelFlowCore

/// The address, credentials and limits of the object store.
///
/// `PIXELFLOW_BLOB_URL` is `s3://bucket[/prefix]` with these options in its query:
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | `endpoint` | the server's URL | AWS in that region |
/// | `region` | the region in signatures | `us-east-1` |
/// | `path_style` | the bucket is in the path, not in the host name | `true` if there is an `endpoint` |
/// | `create_bucket` | a missing bucket is created | `false` |
/// | `public_endpoint` | the server's URL for browsers, used in presigned URLs | `endpoint` |
///
/// The URL must not contain credentials: it appears in logs and process lists.
package struct S3Settings: Sendable {
    static let urlSetting = Setting<String>.text(
        "PIXELFLOW_BLOB_URL",
        help: "Sources and outputs: s3://bucket[/prefix]?endpoint=…&region=…&path_style=true&create_bucket=true.")
    static let accessKeySetting = Setting<String>.text(
        "PIXELFLOW_S3_ACCESS_KEY", help: "Access key of the object store; AWS_ACCESS_KEY_ID by default.")
    static let secretKeySetting = Setting<String>.text(
        "PIXELFLOW_S3_SECRET_KEY", help: "Secret key of the object store; AWS_SECRET_ACCESS_KEY by default.", isSecret: true)
    static let requestsSetting = Setting<Int>.integer(
        "PIXELFLOW_S3_REQUESTS", default: 64, in: 1...1024, help: "Maximum number of concurrent requests to the object store.")

    package static let descriptions: [SettingDescription] = [
        urlSetting.description, accessKeySetting.description, secretKeySetting.description, requestsSetting.description,
    ]

    package var bucket: String
    /// The prefix of all keys, without leading and trailing slashes. May be empty.
    package var prefix = ""
    var endpoint: S3Endpoint
    var publicEndpoint: S3Endpoint
    package var region = "us-east-1"
    package var usesPathStyle = true
    package var createsBucket = false
    var credentials: AWSCredentials
    /// The maximum number of concurrent requests; responses whose body is still being read do not count.
    package var requests = 64
    /// The maximum number of waiting requests; further ones are rejected.
    package var waiting = 1024
    package var timeouts = S3Timeouts()

    /// Reads `PIXELFLOW_BLOB_URL` and the credentials.
    ///
    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`. No message contains a secret.
    package init(_ settings: Settings) throws(PixelFlowError) {
        let url = try S3URL(try settings[Self.urlSetting])
        bucket = url.bucket
        prefix = url.prefix
        region = url.region
        endpoint = url.endpoint
        publicEndpoint = url.publicEndpoint
        usesPathStyle = url.usesPathStyle
        createsBucket = url.createsBucket
        requests = try settings[Self.requestsSetting]
        credentials = try Self.credentials(settings.environment)
    }

    private static func credentials(_ environment: [String: String]) throws(PixelFlowError) -> AWSCredentials {
        let own = (environment["PIXELFLOW_S3_ACCESS_KEY"], environment["PIXELFLOW_S3_SECRET_KEY"])
        let pair = own.0 == nil && own.1 == nil ? (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]) : own
        guard let accessKey = pair.0 else { throw missing("PIXELFLOW_S3_ACCESS_KEY") }
        guard let secretKey = pair.1 else { throw missing("PIXELFLOW_S3_SECRET_KEY") }
        return AWSCredentials(
            accessKey: accessKey, secretKey: secretKey, sessionToken: own.0 == nil ? environment["AWS_SESSION_TOKEN"] : nil)
    }

    private static func missing(_ name: String) -> PixelFlowError {
        .invalid(
            name,
            """
            \(name) is missing: the object store is not used anonymously. Set PIXELFLOW_S3_ACCESS_KEY and \
            PIXELFLOW_S3_SECRET_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
            """, code: "setting_invalid")
    }
}

/// Timeouts and retries for the object store.
package struct S3Timeouts: Sendable, Hashable {
    /// For a TCP connection including TLS.
    package var connect = Duration.seconds(2)
    /// For a response, or for its next bytes. The 99.9th percentile of AWS is under 1 s.
    package var readTimeout = Duration.seconds(10)
    /// For all attempts of one request together.
    package var total = Duration.seconds(30)
    /// Attempts after the first.
    package var retries = 3
    /// The maximum of the first delay, which is random from 0; the maximum doubles with each retry.
    package var firstPause = Duration.milliseconds(100)
    /// In bytes per second: the time limit of a body is extended by its size divided by this.
    package var minimumThroughput = 256 * 1024

    package init() {}

    /// - Parameter retries: attempts after the first, if different from the settings.
    func retryPolicy(retries: Int?) -> RetryPolicy {
        RetryPolicy(firstPause: firstPause, longestPause: total, jitter: .full, attempts: 1 + (retries ?? self.retries))
    }
}
