/// A batch at its completion, for the event `batch.completed`.
package struct CompletedBatch: Sendable, Hashable, Codable {
    package let batch: Batch
    package let counts: BatchCounts

    package init(_ batch: Batch, _ counts: BatchCounts) {
        self.batch = batch
        self.counts = counts
    }
}

extension WebhookDelivery {
    /// The delivery that notifies an endpoint. Its id is deterministic, because a batch is completed only once.
    package init(_ completed: CompletedBatch, to endpoint: WebhookEndpoint, at now: Timestamp) {
        self.init(
            id: WebhookDeliveryID("msg_batch_\(completed.batch.id)_\(endpoint.id)"), tenant: endpoint.tenant, endpoint: endpoint.id,
            event: .batchCompleted, eventAt: completed.batch.completedAt ?? now, payload: .batch(completed), createdAt: now)
    }
}
