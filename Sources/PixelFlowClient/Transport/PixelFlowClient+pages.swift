import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// Requests all pages of a list.
    ///
    /// - Parameter size: the maximum page size of the service.
    func pages<Value>(
        of url: String, _ name: String, filter: [(name: String, value: String?)] = [], size: Int = 1_000, upTo limit: Int? = nil,
        _ make: (Fields) throws -> Value
    ) async throws -> [Value] {
        var values: [Value] = []
        var cursor: String?
        repeat {
            let size = min(size, (limit ?? .max) - values.count)
            let query = Path.query(filter + [("limit", String(size)), ("cursor", cursor)])
            let page = try Fields(await document(Call(.GET, url + query)))
            values += try page.list(name, make)
            cursor = page.json["next_cursor"]?.stringValue
        } while cursor != nil && values.count < limit ?? .max
        return values
    }
}
