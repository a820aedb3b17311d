import AsyncPrimitives
import KubernetesClient

/// Like `retry`, for transient failures of the Kubernetes API.
func retryTransient<Value>(
    _ policy: RetryPolicy, onRetry: (KubernetesError) -> Void, _ body: () async throws -> Value
) async throws -> Value {
    try await retry(
        policy, if: { ($0 as? KubernetesError)?.isTransient ?? false },
        onRetry: { if let error = $0 as? KubernetesError { onRetry(error) } },
        body)
}
