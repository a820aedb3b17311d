import PixelFlowCore
import PixelFlowRedis
import Testing

@Suite("Redis addresses")
struct RedisAddressTests {
    @Test func everyPartIsParsed() throws {
        let address = try RedisAddress(url: "rediss://ann:p%40ss%3A%2F@cache.example:7000/3?ca_file=/etc/ca.pem", setting: "URL")
        #expect(address.host == "cache.example" && address.port == 7000 && address.isTLS && address.database == 3)
        #expect(address.user == "ann" && address.password == "p@ss:/" && address.trustedCertificates == "/etc/ca.pem")
    }

    @Test func missingPartsHaveDefaults() throws {
        let address = try RedisAddress(url: "redis://[::1]", setting: "URL")
        #expect(address.host == "::1" && address.port == 6379 && !address.isTLS && address.database == 0)
        #expect(address.user == nil && address.password == nil)
        #expect(try RedisAddress(url: "redis://:secret@h/", setting: "URL").password == "secret")
        #expect(try RedisAddress(url: "redis://:a/b@h/2", setting: "URL").password == "a/b")
        #expect(try RedisAddress(url: "redis://@h", setting: "URL").password == nil)
    }

    @Test(
        arguments: [
            ("redis-sentinel://a:26379/main", "Sentinel"), ("redis+cluster://a:1", "Cluster"), ("redis://a:1,b:2", "several servers"),
            ("http://a", "must begin with"), ("localhost:6379", "must be memory:"), ("redis://", "must name a host"),
            ("redis://a:port", "must name a host"), ("redis://a:70000", "must name a host"), ("redis://a/zero", "number of a database"),
            ("redis://a/-1", "number of a database"), ("redis://secret@a", "USER:PASSWORD@"), ("redis://u:%zz@a", "USER:PASSWORD@"),
            ("redis://a/0?timeout=1", "one parameter"), ("redis://a/0?ca_file=x", "one parameter"),
            ("rediss://a/0?ca_file=x&y=z", "one parameter"), ("redis://a/0#x", "fragment"),
        ])
    func invalidPartsAreRefusedInOneLine(url: String, part: String) {
        let error = #expect(throws: PixelFlowError.self) { try RedisAddress(url: url, setting: "PIXELFLOW_CACHE_URL") }
        #expect(error?.code == "setting_invalid" && error?.field == "PIXELFLOW_CACHE_URL")
        #expect(error?.message.contains(part) == true)
        #expect(error?.message.contains("\n") == false && error?.message.contains("secret") == false)
    }

    @Test func memoryIsNotAServer() throws {
        let known = RedisSettings.descriptions
        #expect(try RedisSettings.read(Settings(arguments: [], environment: [:], known: known)) == nil)
        let read = try RedisSettings.read(
            Settings(
                arguments: [], environment: ["PIXELFLOW_CACHE_URL": "redis://h", "PIXELFLOW_CACHE_TIMEOUT_MS": "40"], known: known))
        #expect(read?.address.host == "h" && read?.timeout == .milliseconds(40))
    }
}
