@testable import PixelFlowMongo

/// How MongoDB runs a query with the declared indexes, according to the rules in its documentation.
///
/// The tests check the declarations themselves, because the substitute for MongoDB that they usually run on explains its plans in the form
/// of MongoDB, but sorts in memory whatever the index.
struct QueryPlan: CustomStringConvertible {
    /// For example `task_by_status (tenant= status=) filter (label)`. Names the index, the conditions that bound the part that is read, in
    /// brackets those that the server checks in the index, and those for which it reads documents.
    let description: String

    /// Nil for commands that are not queries.
    init?(of command: BSONDocument) {
        let name = command.fields.first?.name ?? ""
        let collection = command[name]?.string ?? ""
        switch name {
        case "find":
            let filter = command["filter"]?.document ?? [:]
            description = Self.describe(filter, sort: command["sort"]?.document ?? [:], in: collection)
        case "aggregate":
            let match = command["pipeline"]?.array?.first?.document?["$match"]?.document ?? [:]
            description = Self.describe(match, sort: [:], in: collection)
        case "distinct":
            // The values of the field after the fixed ones: the server skips from one to the next.
            let sort = BSONDocument([.init(name: command["key"]?.string ?? "", value: 1)])
            description = "distinct " + Self.describe(command["query"]?.document ?? [:], sort: sort, in: collection)
        default: return nil
        }
    }

    private static func describe(_ filter: BSONDocument, sort: BSONDocument, in collection: String) -> String {
        if let parts = filter["$or"]?.array, filter.fields.count == 1 {
            return parts.compactMap { $0.document.map { describe($0, sort: sort, in: collection) } }.joined(separator: " or ")
        }
        let indexes = DeclaredIndex.all(of: collection).filter { $0.serves(filter) }
        if let best = indexes.filter({ $0.isOrdered(by: sort, filter) }).max(by: { $0.bounds(filter) < $1.bounds(filter) }) {
            return best.describe(filter)
        }
        let best = indexes.max { $0.bounds(filter) < $1.bounds(filter) }
        return (sort.fields.isEmpty ? "" : "sorted in memory: ") + (best?.describe(filter) ?? "every document")
    }
}

private struct DeclaredIndex {
    let name: String
    let keys: [String]
    let condition: BSONDocument
    let isSparse: Bool

    static func all(of collection: String) -> [DeclaredIndex] {
        let declared = TaskIndexes.all.filter { $0.collection == collection }.flatMap(\.indexes)
        return [DeclaredIndex(["name": "_id", "key": ["_id": 1]])] + declared.map(DeclaredIndex.init)
    }

    init(_ declaration: BSONDocument) {
        name = declaration["name"]?.string ?? ""
        keys = declaration["key"]?.document?.fields.map(\.name) ?? []
        condition = declaration["partialFilterExpression"]?.document ?? [:]
        isSparse = declaration["sparse"]?.bool ?? false
    }

    /// Whether it contains all that the filter can find, in a part that the filter bounds.
    func serves(_ filter: BSONDocument) -> Bool {
        guard let first = keys.first, filter[first] != nil else { return false }
        if isSparse, keys.contains(where: { filter[$0].map(Self.findsAbsent) ?? false }) { return false }
        return condition.fields.allSatisfy { field in
            guard let wanted = filter[field.name] else { return false }
            if field.value == ["$exists": true] { return !Self.findsAbsent(wanted) }
            return field.value == ["$gt": 0] && (wanted.document?["$gt"]?.int ?? -1) >= 0
        }
    }

    private static func findsAbsent(_ condition: BSONValue) -> Bool {
        condition == ["$exists": false] || condition == .null || (condition.document?["$in"]?.array ?? []).contains(.null)
    }

    private enum Bound { case value, values, range, none }

    private func bound(_ key: String, _ filter: BSONDocument) -> Bound {
        guard let condition = filter[key] else { return .none }
        guard let operators = condition.document, let first = operators.fields.first else { return .value }
        if condition == ["$exists": false] { return .value }
        switch first.name {
        case "$in": return .values
        case "$gt", "$gte", "$lt", "$lte": return .range
        case "$exists", "$regex", "$ne": return .none
        default: return .value
        }
    }

    /// Whether the server can read it in this order: behind fields of one value each, or, merging sequences, of few.
    func isOrdered(by sort: BSONDocument, _ filter: BSONDocument) -> Bool {
        // A list has an entry for each of its values.
        guard !keys.contains(where: { $0.hasPrefix(TaskDocument.Name.outbox + ".") }) else { return sort.fields.isEmpty }
        guard Set(sort.fields.map { $0.value.int ?? 0 }).count <= 1 else { return false }
        var rest = sort.fields.map(\.name)[...]
        for key in keys {
            guard let next = rest.first else { return true }
            let isMerged = rest.count == sort.fields.count
            if key == next {
                rest.removeFirst()
            } else if bound(key, filter) != .value, bound(key, filter) != .values || !isMerged {
                return false
            }
        }
        return rest.isEmpty
    }

    /// The number of conditions that bound the part of the index that is read.
    func bounds(_ filter: BSONDocument) -> Int { bounding(filter).count }

    private func bounding(_ filter: BSONDocument) -> [String] {
        var bounding: [String] = []
        for key in keys {
            switch bound(key, filter) {
            case .value, .values: bounding.append(key + "=")
            case .range: return bounding + [key + "<>"]
            case .none: return bounding
            }
        }
        return bounding
    }

    func describe(_ filter: BSONDocument) -> String {
        let bounding = bounding(filter)
        var parts = bounding
        parts += keys.dropFirst(bounding.count).filter { filter[$0] != nil }.map { "[\($0)]" }
        let implied = condition.fields.filter { filter[$0.name] == $0.value }.map(\.name)
        let rest = filter.fields.map(\.name).filter { !keys.contains($0) && !implied.contains($0) }
        return "\(name) (\(parts.joined(separator: " ")))" + (rest.isEmpty ? "" : " filter (\(rest.joined(separator: " ")))")
    }
}
