import Foundation
import KubernetesClient
import Logging
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowKafka
import PixelFlowMetricsAdapter
import PixelFlowRuntime
import ServiceLifecycle

await ServiceCommand(
    name: "pixelflow-metrics-adapter", summary: "reports to the autoscaler of Kubernetes how many tasks wait for workers.",
    port: AdapterSettings.healthPort,
    settings: AdapterSettings.descriptions + KafkaSettings.descriptions
).run { settings, listen, logger in
    let kafka = try KafkaSettings(settings)
    let adapterSettings = try AdapterSettings(settings)
    let cluster = try MetricsAdapter.cluster(environment: ProcessInfo.processInfo.environment)
    let admin = try KafkaAdmin(kafka, logger: logger)
    let adapter = MetricsAdapter(
        settings: adapterSettings, labels: ["group": kafka.group, "topic": kafka.topic], source: KafkaLagSource(admin), cluster: cluster,
        logger: logger)
    let context = BuildContext(logger: logger)
    let closing = ClosingService {
        await admin.close()
        await cluster.shutdown()
    }
    let parts = ServiceParts(
        foundation: [closing] + adapter.services(host: listen.host),
        listeners: [listen.listener("metrics-adapter", adapter.healthRouter(drain: context.drain), metrics: "adapter")])
    return ServiceGroup([parts], listen: listen, context: context, logger: logger, onReady: listen.logReady("metrics-adapter"))
}
