import NIOHTTP1

/// The S3 operations that PixelFlow uses, with the names in metrics.
enum S3Operation: String, Sendable, CaseIterable {
    case getObject = "get_object"
    case headObject = "head_object"
    case putObject = "put_object"
    case deleteObject = "delete_object"
    case deleteObjects = "delete_objects"
    case listObjects = "list_objects"
    case createBucket = "create_bucket"
    case createMultipartUpload = "create_multipart_upload"
    case uploadPart = "upload_part"
    case completeMultipartUpload = "complete_multipart_upload"
    case abortMultipartUpload = "abort_multipart_upload"
    case listMultipartUploads = "list_multipart_uploads"

    var method: HTTPMethod {
        switch self {
        case .getObject, .listObjects, .listMultipartUploads: .GET
        case .headObject: .HEAD
        case .putObject, .createBucket, .uploadPart: .PUT
        case .deleteObject, .abortMultipartUpload: .DELETE
        case .deleteObjects, .createMultipartUpload, .completeMultipartUpload: .POST
        }
    }

    /// Whether the server may execute a request after its connection has been closed, so that an object, an upload or a part
    /// appears after the caller is gone.
    var createsSomething: Bool {
        switch self {
        case .putObject, .createMultipartUpload, .uploadPart, .completeMultipartUpload: true
        default: false
        }
    }
}
