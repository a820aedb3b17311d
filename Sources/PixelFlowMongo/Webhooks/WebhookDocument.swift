import Foundation
import PixelFlowCore
import WireFormats

/// Endpoints in the collection `webhook` and deliveries in `webhook_delivery`: the record as JSON text, and separate fields that commands
/// search or change.
enum WebhookDocument {
    static let endpoints = "webhook"
    static let deliveries = "webhook_delivery"

    enum Name {
        static let id = "_id"
        static let tenant = "tenant"
        static let endpoint = "endpoint"
        static let state = "state"
        static let due = "due"
        /// The slot in its queue that a claimed delivery has, or in its organisation that an endpoint has. A unique index ensures that no
        /// slot is taken twice.
        static let slot = "slot"
        static let eventAt = "event_at"
        static let createdAt = "created_at"
        static let revision = "revision"
        static let document = "document"
    }

    static let indexes: [(collection: String, indexes: [BSONDocument])] = [
        (
            endpoints,
            [
                ["name": "webhook_by_tenant", "key": [Name.tenant: 1, Name.createdAt: 1]],
                [
                    "name": "webhook_by_slot", "key": [Name.tenant: 1, Name.slot: 1], "unique": true,
                    "partialFilterExpression": [Name.slot: TaskDocument.present],
                ],
            ]
        ),
        (
            deliveries,
            [
                // Also for the queues with due deliveries.
                [
                    "name": "delivery_by_due", "key": [Name.tenant: 1, Name.endpoint: 1, Name.due: 1],
                    "partialFilterExpression": [Name.due: TaskDocument.present],
                ],
                [
                    "name": "delivery_by_slot", "key": [Name.tenant: 1, Name.endpoint: 1, Name.slot: 1], "unique": true,
                    "partialFilterExpression": [Name.slot: TaskDocument.present],
                ],
                ["name": "delivery_by_endpoint", "key": [Name.tenant: 1, Name.endpoint: 1, Name.createdAt: 1, Name.id: 1]],
                [
                    "name": "delivery_by_state",
                    "key": [Name.tenant: 1, Name.endpoint: 1, Name.state: 1, Name.createdAt: 1, Name.id: 1],
                ],
                ["name": "delivery_by_age", "key": [Name.createdAt: 1]],
            ]
        ),
    ]

    /// The maximum number of documents or statements per command.
    static let commandLimit = 50
    /// Their maximum size in bytes. The server accepts commands of up to 16 MB, and no document can be larger.
    private static let commandBytes = 4 << 20

    /// Splits documents or statements into commands of an acceptable size.
    static func commands(_ documents: [BSONDocument], limit: Int = commandBytes) -> [[BSONDocument]] {
        var commands: [[BSONDocument]] = []
        var bytes = 0
        for document in documents {
            let size = document.encoded().count
            if let last = commands.indices.last, commands[last].count < commandLimit, bytes + size <= limit {
                commands[last].append(document)
                bytes += size
            } else {
                commands.append([document])
                bytes = size
            }
        }
        return commands
    }

    // MARK: Endpoints

    static func filter(_ id: WebhookID, _ tenant: TenantID) -> BSONDocument { [Name.id: .string("\(tenant)/\(id)")] }

    static func document(of endpoint: WebhookEndpoint) throws -> BSONDocument {
        var document = filter(endpoint.id, endpoint.tenant)
        document[Name.tenant] = .string(endpoint.tenant.rawValue)
        document[Name.createdAt] = .time(endpoint.createdAt)
        document[Name.revision] = .int(endpoint.revision)
        document[Name.document] = .string(try text(of: endpoint))
        return document
    }

    static func endpoint(_ document: BSONDocument) throws -> WebhookEndpoint {
        try JSONDecoder().decode(WebhookEndpoint.self, from: Data(try FieldsOfDocument(document).string(Name.document).utf8))
    }

    // MARK: Deliveries

    static func filter(_ queue: WebhookQueue) -> BSONDocument {
        [Name.tenant: .string(queue.tenant.rawValue), Name.endpoint: .string(queue.endpoint.rawValue)]
    }

    static func document(of delivery: WebhookDelivery) throws -> BSONDocument {
        var document: BSONDocument = [Name.id: .string(delivery.id.rawValue)]
        for field in filter(delivery.queue).fields { document[field.name] = field.value }
        document[Name.eventAt] = .time(delivery.eventAt)
        document[Name.createdAt] = .time(delivery.createdAt)
        for (name, value) in try state(of: delivery) { document[name] = value }
        return document
    }

    /// The fields that change.
    private static func state(of delivery: WebhookDelivery) throws -> [(name: String, value: BSONValue?)] {
        [
            (Name.state, .string(delivery.state.rawValue)), (Name.due, delivery.due.map(BSONValue.time)),
            (Name.revision, .int(delivery.revision)), (Name.document, .string(try text(of: delivery))),
        ]
    }

    /// A statement that replaces `old` with `new` unless it has been changed.
    ///
    /// - Parameter slot: the slot that a claim takes; nil if the delivery releases its slot.
    static func swap(_ old: WebhookDelivery, _ new: WebhookDelivery, slot: Int? = nil) throws -> BSONDocument {
        var set: BSONDocument = [:]
        var unset: BSONDocument = [:]
        for (name, value) in try state(of: new) + [(Name.slot, slot.map { BSONValue.int($0) })] {
            if let value { set[name] = value } else { unset[name] = 1 }
        }
        var change: BSONDocument = ["$set": .document(set)]
        if !unset.isEmpty { change["$unset"] = .document(unset) }
        return .statement(where: [Name.id: .string(old.id.rawValue), Name.revision: .int(old.revision)], change)
    }

    /// A statement that postpones a delivery. Its revision stays, so that a newer version that is sending it can settle it.
    static func settingAside(_ row: BSONDocument, until time: Timestamp) -> BSONDocument {
        var filter: BSONDocument = [:]
        filter[Name.id] = row[Name.id]
        filter[Name.revision] = row[Name.revision]
        return .statement(where: filter, ["$set": [Name.due: .time(time)], "$unset": [Name.slot: 1]])
    }

    static func delivery(_ document: BSONDocument) throws -> WebhookDelivery {
        try JSONDecoder().decode(WebhookDelivery.self, from: Data(try FieldsOfDocument(document).string(Name.document).utf8))
    }

    private static func text(of value: some Encodable) throws -> String {
        String(decoding: try JSONStreamEncoder(sortsKeys: false).encode(value), as: UTF8.self)
    }
}
