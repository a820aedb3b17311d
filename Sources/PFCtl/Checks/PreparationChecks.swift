import KubernetesClient
import WireFormats

extension CheckCategory {
    /// The prerequisites of the chart.
    static let preparation = CheckCategory(
        name: "preparation", checks: [.namespace, .storageClass, .metricsAPI, .externalMetrics])

    static let beforeInstalling = [cluster, installPermissions, preparation]
}

extension Check {
    static let namespace = Check("namespace", "the namespace exists") { context in
        do {
            _ = try await context.client.get(.namespaces, context.namespace)
            return .ok(context.namespace)
        } catch let error as KubernetesError where error.kind == .notFound {
            return .warning("\(context.namespace) does not exist", hint: "helm install --create-namespace creates it")
        } catch let error as KubernetesError where error.kind == .forbidden {
            return .skipped("no permission to read namespaces")
        }
    }

    static let storageClass = Check("storage-class", "a default StorageClass exists") { context in
        let classes = try await context.client.list(StorageClass.self, in: .all).items
        if let chosen = classes.filter(\.isDefault).map(\.name).min() { return .ok(chosen) }
        let names = classes.map(\.name).sorted().joined(separator: ", ")
        return .failed(
            classes.isEmpty ? "the cluster has no StorageClass" : "none of \(names) is the default",
            hint: "set global.storageClass, or use databases and an object store outside the cluster")
    }

    static let metricsAPI = Check("metrics-api", "the metrics API responds") { context in
        if try await context.client.serves(group: "metrics.k8s.io", version: "v1beta1") { return .ok() }
        return .warning(
            "metrics.k8s.io is not served", hint: "install metrics-server; pfctl top and autoscaling by CPU need it")
    }

    static let externalMetrics = Check("external-metrics", "the external metrics API is free or served by PixelFlow") { context in
        do {
            let service = try await context.client.get(.apiServices, "v1beta1.external.metrics.k8s.io")
            let owner = service["spec"]?["service"]?["namespace"]?.stringValue ?? "another service"
            if service["metadata"]?["labels"]?["app.kubernetes.io/part-of"] == "pixelflow" { return .ok("PixelFlow's, in \(owner)") }
            return .warning(
                "another adapter serves it, in \(owner)",
                hint: "set worker.autoscaling.mode to cpu, keda or none, which do not need PixelFlow's adapter")
        } catch let error as KubernetesError where error.kind == .notFound {
            return .ok("free")
        } catch let error as KubernetesError where error.kind == .forbidden {
            return .skipped("no permission to read API services")
        }
    }
}
