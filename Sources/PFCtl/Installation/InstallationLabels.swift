import KubernetesClient

/// The labels that the chart puts on everything of PixelFlow.
enum InstallationLabels {
    static let component = "app.kubernetes.io/component"
    static let instance = "app.kubernetes.io/instance"
    static let version = "app.kubernetes.io/version"

    /// Everything of every installation.
    static let everything = ListOptions(labelSelector: "app.kubernetes.io/part-of=pixelflow")

    static func of(release: String) -> ListOptions {
        ListOptions(labelSelector: "app.kubernetes.io/part-of=pixelflow,\(instance)=\(release)")
    }

    static func of(release: String, component name: String) -> ListOptions {
        ListOptions(labelSelector: "app.kubernetes.io/part-of=pixelflow,\(instance)=\(release),\(component)=\(name)")
    }
}

extension ObjectMeta {
    /// `api`, `worker`, `kafka`, …; the object's own name where there is no label.
    var component: String { labels[InstallationLabels.component] ?? name }
    var release: String { labels[InstallationLabels.instance] ?? "" }
}
