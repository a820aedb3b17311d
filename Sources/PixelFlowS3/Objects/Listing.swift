import NIOCore

/// A page of a bucket listing.
struct Listing: Sendable {
    var objects: [(name: String, bytes: Int?)]
    /// Common prefixes with a trailing slash. Present only if a delimiter was set.
    var prefixes: [String]
    /// The token of the next page.
    var continuation: String?

    var names: [String] { objects.map(\.name) }

    init(_ document: XMLElement) throws {
        guard document.name == "ListBucketResult" else { throw S3ProtocolError("a list that is a \(document.name)") }
        objects = document.all("Contents").compactMap { content in content["Key"].map { ($0, content["Size"].flatMap { Int($0) }) } }
        prefixes = document.all("CommonPrefixes").compactMap { $0["Prefix"] }
        continuation = document["IsTruncated"] == "true" ? document["NextContinuationToken"] : nil
    }

    /// - Parameters:
    ///   - after: omits names up to and including this one.
    ///   - limit: at most 1000, the maximum of S3.
    static func request(
        prefix: String, delimiter: String? = nil, after: String? = nil, continuation: String? = nil, limit: Int = 1000
    ) -> S3Request {
        var query = [("list-type", "2"), ("prefix", prefix), ("max-keys", "\(limit)")]
        if let delimiter { query.append(("delimiter", delimiter)) }
        if let continuation {
            query.append(("continuation-token", continuation))
        } else if let after {
            query.append(("start-after", after))
        }
        return S3Request(.listObjects, query: query.map { (name: $0.0, value: $0.1) })
    }
}

extension S3Transport {
    /// Requests the pages of a listing until `use` returns false.
    ///
    /// - Parameter use: returns whether to continue.
    func list(
        prefix: String, delimiter: String? = nil, after: String? = nil, limit: Int = 1000, _ use: (Listing) async throws -> Bool
    ) async throws {
        var continuation: String?
        repeat {
            let request = Listing.request(prefix: prefix, delimiter: delimiter, after: after, continuation: continuation, limit: limit)
            let page = try await call(request) { try Listing($0.document()) }
            guard try await use(page) else { return }
            continuation = page.continuation
        } while continuation != nil
    }
}
