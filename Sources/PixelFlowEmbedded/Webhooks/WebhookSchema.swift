import Foundation
import GRDB
import PixelFlowCore

/// The tables of webhooks. As with tasks, the document is the source of truth.
enum WebhookSchema {
    static let sql = """
        CREATE TABLE webhook (
            tenant TEXT NOT NULL,
            id TEXT NOT NULL,
            revision INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            document BLOB NOT NULL,
            PRIMARY KEY (tenant, id)
        ) WITHOUT ROWID;
        CREATE TABLE webhook_delivery (
            id TEXT PRIMARY KEY NOT NULL,
            tenant TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            state TEXT NOT NULL,
            due INTEGER,
            leased INTEGER NOT NULL,
            event_at INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            document BLOB NOT NULL
        );
        CREATE INDEX webhook_delivery_by_due ON webhook_delivery (tenant, endpoint, due) WHERE due IS NOT NULL;
        CREATE INDEX webhook_delivery_by_endpoint ON webhook_delivery (tenant, endpoint, created_at, id);
        CREATE INDEX webhook_delivery_by_age ON webhook_delivery (created_at);
        """

    /// For what is due of all queues, and for deliveries of one state.
    static let indexes = """
        CREATE INDEX webhook_delivery_due ON webhook_delivery (due, tenant, endpoint) WHERE due IS NOT NULL;
        CREATE INDEX webhook_delivery_by_state ON webhook_delivery (tenant, endpoint, state, created_at, id);
        """

    /// For the deliveries of a queue that are under way, which are few. What is due of all queues no longer needs an index of its own.
    static let indexOfLeases = """
        DROP INDEX webhook_delivery_due;
        CREATE INDEX webhook_delivery_leased ON webhook_delivery (tenant, endpoint, due) WHERE leased;
        """
}

/// A delivery as a row.
enum WebhookRow {
    static let insert = """
        INSERT OR IGNORE INTO webhook_delivery (id, tenant, endpoint, state, due, leased, event_at, created_at, revision, document)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    /// Skips from one queue to the next, so that the length of a queue does not matter.
    static let dueQueues = """
        WITH RECURSIVE queue (tenant, endpoint) AS (
            SELECT * FROM (SELECT tenant, endpoint FROM webhook_delivery WHERE due IS NOT NULL ORDER BY tenant, endpoint LIMIT 1)
            UNION ALL
            SELECT next.tenant, next.endpoint FROM queue JOIN webhook_delivery AS next ON next.rowid = coalesce(
                (SELECT rowid FROM webhook_delivery
                    WHERE due IS NOT NULL AND tenant = queue.tenant AND endpoint > queue.endpoint ORDER BY endpoint LIMIT 1),
                (SELECT rowid FROM webhook_delivery WHERE due IS NOT NULL AND tenant > queue.tenant ORDER BY tenant, endpoint LIMIT 1))
        )
        SELECT tenant, endpoint FROM queue
        WHERE EXISTS (
            SELECT 1 FROM webhook_delivery WHERE tenant = queue.tenant AND endpoint = queue.endpoint AND due <= ?)
        ORDER BY random() LIMIT ?
        """
    static let underWay = "SELECT COUNT(*) FROM webhook_delivery WHERE tenant = ? AND endpoint = ? AND leased AND due > ?"
    /// Pending deliveries beyond the newest ones, the oldest first.
    static let excess = """
        SELECT document FROM webhook_delivery
        WHERE tenant = ?1 AND endpoint = ?2 AND state = 'pending' AND (created_at, id) <= (
            SELECT created_at, id FROM webhook_delivery WHERE tenant = ?1 AND endpoint = ?2 AND state = 'pending'
            ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ?3)
        ORDER BY created_at, id LIMIT ?4
        """
    static let failures = """
        SELECT document FROM webhook_delivery
        WHERE tenant = ? AND endpoint = ? AND state = 'failed' AND event_at >= ? ORDER BY created_at, id LIMIT ?
        """
    static let update = """
        UPDATE webhook_delivery SET state = ?, due = ?, leased = ?, revision = ?, document = ? WHERE id = ? AND revision = ?
        """

    static func insertArguments(_ delivery: WebhookDelivery) throws -> StatementArguments {
        [
            delivery.id.rawValue, delivery.tenant.rawValue, delivery.endpoint.rawValue, delivery.state.rawValue,
            delivery.due?.microseconds, delivery.leaseUntil != nil, delivery.eventAt.microseconds, delivery.createdAt.microseconds,
            delivery.revision, try TaskRow.encode(delivery),
        ]
    }

    /// - Parameter revision: of the delivery as it was read.
    static func updateArguments(_ delivery: WebhookDelivery, replacing revision: Int) throws -> StatementArguments {
        [
            delivery.state.rawValue, delivery.due?.microseconds, delivery.leaseUntil != nil, delivery.revision,
            try TaskRow.encode(delivery), delivery.id.rawValue, revision,
        ]
    }

    /// Has senders of this version leave deliveries alone for a while. Their documents and revisions stay.
    static let setAside = "UPDATE webhook_delivery SET due = ?, leased = 0 WHERE id = ? AND due <= ?"

    static func delivery(_ document: Data) throws -> WebhookDelivery { try JSONDecoder().decode(WebhookDelivery.self, from: document) }

    static func endpoint(_ document: Data) throws -> WebhookEndpoint { try JSONDecoder().decode(WebhookEndpoint.self, from: document) }
}

extension WebhookQueue {
    /// For a condition `tenant = ? AND endpoint = ?`.
    var names: [String] { [tenant.rawValue, endpoint.rawValue] }

    /// The names, and what comes after them.
    func arguments(_ rest: (any DatabaseValueConvertible & Sendable)?...) -> StatementArguments {
        StatementArguments(names.map { $0 as (any DatabaseValueConvertible & Sendable)? } + rest)
    }
}
