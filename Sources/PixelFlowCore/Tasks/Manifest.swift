/// The result of a completed run.
package struct Manifest: Sendable, Hashable, Codable {
    package var sourceMetadata: SourceMetadata
    package var fetchedSource: StoredSource?
    package var outputs: [TaskOutput]

    package init(sourceMetadata: SourceMetadata, fetchedSource: StoredSource? = nil, outputs: [TaskOutput]) {
        self.sourceMetadata = sourceMetadata
        self.fetchedSource = fetchedSource
        self.outputs = outputs
    }
}

/// An entry of the manifest: a stored image, or the reason why there is none.
package struct TaskOutput: Sendable, Hashable, Codable {
    package var name: String
    package var image: StoredImage?
    package var error: TaskError?

    package init(name: String, image: StoredImage) {
        self.name = name
        self.image = image
    }

    package init(name: String, error: TaskError) {
        self.name = name
        self.error = error
    }
}

/// An output in the blob store.
package struct StoredImage: Sendable, Hashable, Codable {
    package var key: BlobKey
    package var format: ImageFormat
    package var width: Int
    package var height: Int
    package var frames: Int
    package var bytes: Int
    /// In lowercase hexadecimal.
    package var sha256: String

    package init(key: BlobKey, format: ImageFormat, width: Int, height: Int, frames: Int, bytes: Int, sha256: String) {
        self.key = key
        self.format = format
        self.width = width
        self.height = height
        self.frames = frames
        self.bytes = bytes
        self.sha256 = sha256
    }
}
