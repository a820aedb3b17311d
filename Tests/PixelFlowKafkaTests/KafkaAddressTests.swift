import PixelFlowCore
import PixelFlowKafka
import Testing

@Suite struct KafkaAddressTests {
    @Test(arguments: [
        ("kafka://host", ["host:9092"]),
        ("kafka://host:1234/", ["host:1234"]),
        ("kafka://a:1,b,c:3", ["a:1", "b:9092", "c:3"]),
        ("kafka://[::1]:9093,[::2]", ["[::1]:9093", "[::2]:9092"]),
    ])
    func namesItsServers(url: String, servers: [String]) throws {
        let address = try KafkaAddress(url)
        #expect(address.servers == servers)
        #expect(address.security.isEmpty)
    }

    @Test func credentialsMakeItSASLOverTLS() throws {
        let address = try KafkaAddress("kafka://us%40er:p%3Aw%2F@host:9093?sasl_mechanism=SCRAM-SHA-512&ssl_ca_location=%2Fca.pem")
        #expect(
            address.security == [
                "security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "us@er", "sasl.password": "p:w/",
                "ssl.ca.location": "/ca.pem",
            ])
        #expect(address.description == "kafka://host:9093")
    }

    @Test func theProtocolCanBeChosen() throws {
        #expect(try KafkaAddress("kafka://u:p@host?security_protocol=sasl_plaintext").security["security.protocol"] == "sasl_plaintext")
    }

    @Test(arguments: [
        "", "host:9092", "http://host", "kafka://", "kafka://a,,b", "kafka://host:0", "kafka://host:x", "kafka://:9092", "kafka://a/b",
        "kafka://user@host", "kafka://:secret@host", "kafka://host?debug=all", "kafka://host?ssl_ca_location=",
        "kafka://u:secret@host:x", "kafka://u:%zz@host", "kafka://u:secret@ho st", "kafka://host?ssl_ca_location=%",
    ])
    func isRefusedWithoutShowingIt(url: String) throws {
        let error = try #require(throws: PixelFlowError.self) { try KafkaAddress(url) }
        #expect(error.code == "setting_invalid")
        #expect(error.field == "PIXELFLOW_BROKER_URL")
        #expect(!"\(error)".contains("secret"))
    }

    @Test func settingsComeFromTheEnvironment() throws {
        let settings = try KafkaSettings(
            Settings(environment: [
                "PIXELFLOW_BROKER_URL": "kafka://a:1,b:2?security_protocol=sasl_ssl&sasl_mechanism=SCRAM-SHA-256",
                "PIXELFLOW_KAFKA_USERNAME": "worker", "PIXELFLOW_KAFKA_PASSWORD": "secret", "PIXELFLOW_KAFKA_TOPIC": "jobs",
                "PIXELFLOW_KAFKA_PARTITIONS": "24", "PIXELFLOW_KAFKA_PUBLISH_TIMEOUT": "7",
            ]))
        #expect(settings.address.security["sasl.username"] == "worker")
        #expect(settings.address.security["sasl.password"] == "secret")
        #expect(settings.address.security["sasl.mechanism"] == "SCRAM-SHA-256")
        #expect(settings.topic == "jobs")
        #expect(settings.partitions == 24)
        #expect(settings.replication == nil)
        #expect(settings.publishTimeout == .seconds(7))
    }

    @Test(arguments: [("PIXELFLOW_KAFKA_TOPIC", "no spaces"), ("PIXELFLOW_KAFKA_GROUP", "a/b"), ("PIXELFLOW_KAFKA_PARTITIONS", "0")])
    func invalidSettingsAreNamed(name: String, value: String) throws {
        let error = try #require(throws: PixelFlowError.self) { try KafkaSettings(Settings(environment: [name: value])) }
        #expect(error.field == name)
    }

    /// librdkafka checks these when a client is created, before it connects.
    @Test(arguments: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], ["sasl_ssl", "sasl_plaintext"])
    func securityIsSetUp(mechanism: String, protocol: String) async throws {
        let url = "kafka://u:p@127.0.0.1:1?security_protocol=\(`protocol`)&sasl_mechanism=\(mechanism)"
        await (try TestCluster.client(KafkaSettings(address: try KafkaAddress(url)))).close()
    }

    @Test func aMissingCertificateIsReported() throws {
        let settings = KafkaSettings(address: try KafkaAddress("kafka://host?security_protocol=ssl&ssl_ca_location=%2Fno%2Fsuch.pem"))
        let error = try #require(throws: PixelFlowError.self) { _ = try TestCluster.client(settings) }
        #expect(error.field == "PIXELFLOW_BROKER_URL")
        #expect(error.message.contains("ssl.ca.location"))
    }

    @Test func propertiesThatLibrdkafkaRefusesAreNamedAndNotShown() async throws {
        let settings = KafkaSettings(address: try KafkaAddress("kafka://u:secret@host?security_protocol=nonsense"))
        let error = try #require(throws: PixelFlowError.self) { _ = try TestCluster.client(settings) }
        #expect(error.message.contains("security.protocol"))
        #expect(!"\(error)".contains("secret"))
    }
}
