/// Where the image comes from.
package enum TaskSource: Sendable, Hashable, Codable {
    case url(String)
    case upload(Upload)

    /// An uploaded file, already stored.
    package struct Upload: Sendable, Hashable, Codable {
        package var filename: String?
        /// As declared by the client; not trusted.
        package var contentType: String?
        package var bytes: Int
        package var sha256: String
        package var key: BlobKey

        package init(filename: String?, contentType: String?, bytes: Int, sha256: String, key: BlobKey) {
            self.filename = filename
            self.contentType = contentType
            self.bytes = bytes
            self.sha256 = sha256
            self.key = key
        }
    }
}

/// The stored bytes of a fetched source.
package struct StoredSource: Sendable, Hashable, Codable {
    package var key: BlobKey
    package var bytes: Int
    package var sha256: String
    package var contentType: String?

    package init(key: BlobKey, bytes: Int, sha256: String, contentType: String?) {
        self.key = key
        self.bytes = bytes
        self.sha256 = sha256
        self.contentType = contentType
    }
}

extension TaskRecord {
    /// The key of the blob with the source's bytes, once it exists.
    package var sourceKey: BlobKey? {
        switch source {
        case .upload(let upload): upload.key
        case .url: fetchedSource?.key
        }
    }

    /// The length of that blob.
    package var sourceBytes: Int? {
        switch source {
        case .upload(let upload): upload.bytes
        case .url: fetchedSource?.bytes
        }
    }

    /// The label of the task: the file name or the URL. Empty if an upload has no file name.
    package var label: String {
        switch source {
        case .upload(let upload): upload.filename ?? ""
        case .url(let url): url
        }
    }
}
