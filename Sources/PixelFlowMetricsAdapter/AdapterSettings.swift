package import PixelFlowCore

/// The ports and Kubernetes names of the adapter.
package struct AdapterSettings: Sendable, Hashable {
    static let portSetting = Setting<Int>.port(
        "PIXELFLOW_ADAPTER_PORT", default: 6443, help: "Port of the metrics API, which uses TLS and serves only the API server.")
    /// Plain HTTP, because kubelet and Prometheus have no client certificate.
    package static let healthPort = Setting<Int>.port(
        "PIXELFLOW_ADAPTER_HEALTH_PORT", default: 8082, help: "Port of the metrics adapter's health and metrics.")
    static let targetSetting = Setting<Int>.integer(
        "PIXELFLOW_ADAPTER_TARGET", default: 10, in: 1...1_000_000,
        help: "Target number of waiting tasks per worker; the reported lag is capped at one worker per partition.")
    static let namespaceSetting = name(
        "PIXELFLOW_ADAPTER_NAMESPACE", default: "default", help: "The Kubernetes namespace of the adapter's Service and Secret.")
    static let serviceSetting = name(
        "PIXELFLOW_ADAPTER_SERVICE", default: "pixelflow-metrics-adapter",
        help:
            "The Kubernetes Service for which the certificate is issued.")
    static let secretSetting = name(
        "PIXELFLOW_ADAPTER_SECRET", default: "pixelflow-metrics-adapter-certificate",
        help: "The Kubernetes Secret that stores the certificate.")

    package static let descriptions: [SettingDescription] = [
        portSetting.description, healthPort.description, targetSetting.description, namespaceSetting.description,
        serviceSetting.description, secretSetting.description,
    ]

    package var port = 6443
    /// The number of waiting tasks per worker that the autoscaler targets.
    package var target = 10
    package var namespace = "default"
    package var service = "pixelflow-metrics-adapter"
    package var secret = "pixelflow-metrics-adapter-certificate"

    package init() {}

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        port = try settings[Self.portSetting]
        target = try settings[Self.targetSetting]
        namespace = try settings[Self.namespaceSetting]
        service = try settings[Self.serviceSetting]
        secret = try settings[Self.secretSetting]
    }

    /// The names that the API server may expect in the certificate.
    var serverNames: [String] { ["\(service).\(namespace).svc", "\(service).\(namespace).svc.cluster.local"] }

    private static func name(_ name: String, default defaultName: String, help: String) -> Setting<String> {
        let expected = "a Kubernetes name: up to 253 lower-case letters, digits, dashes or dots"
        return Setting(name, default: defaultName, expected: expected, help: help) { text in
            let isLegal = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
            return isLegal && (1...253).contains(text.utf8.count) ? text : nil
        }
    }
}
