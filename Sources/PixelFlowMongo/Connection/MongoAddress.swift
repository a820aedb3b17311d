import CMongoC
import PixelFlowCore
import WireFormats

/// A valid `mongodb://` URL, and timeouts that apply unless the URL sets them.
struct MongoAddress: Sendable {
    private let url: String
    private let timeouts: [(option: String, duration: Duration)]
    /// The path of the URL, or `pixelflow` if it is empty.
    let database: String
    let usesTLS: Bool

    /// Nil if `url` is invalid.
    init?(_ url: String, timeouts: [(option: String, duration: Duration)] = []) {
        guard url.hasPrefix("mongodb://") || url.hasPrefix("mongodb+srv://") else { return nil }
        MongoLibrary.start()
        guard let uri = mongoc_uri_new_with_error(url, nil) else { return nil }
        defer { mongoc_uri_destroy(uri) }
        self.url = url
        self.timeouts = timeouts
        self.usesTLS = mongoc_uri_get_tls(uri)
        self.database = mongoc_uri_get_database(uri).map { String(cString: $0) } ?? "pixelflow"
    }

    /// The caller must destroy it.
    func makeURI() -> OpaquePointer? {
        guard let uri = mongoc_uri_new_with_error(url, nil) else { return nil }
        for (option, duration) in timeouts where !mongoc_uri_has_option(uri, option) {
            mongoc_uri_set_option_as_int32(uri, option, Int32(clamping: duration.microseconds / 1000))
        }
        return uri
    }
}
