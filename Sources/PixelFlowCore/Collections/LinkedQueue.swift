/// A queue from which any element can be removed in constant time: a doubly linked list with its links in a dictionary.
package struct LinkedQueue<Element: Hashable & Sendable>: Sendable {
    private struct Links {
        var previous: Element?
        var next: Element?
    }

    private var links: [Element: Links] = [:]
    package private(set) var first: Element?
    private var last: Element?

    package init() {}

    package var count: Int { links.count }
    package var isEmpty: Bool { links.isEmpty }

    /// - Precondition: the element is not in the queue.
    package mutating func append(_ element: Element) {
        links[element] = Links(previous: last)
        if let last { links[last]?.next = element } else { first = element }
        last = element
    }

    /// - Returns: false if the element is not in the queue.
    @discardableResult
    package mutating func remove(_ element: Element) -> Bool {
        guard let removed = links.removeValue(forKey: element) else { return false }
        if let previous = removed.previous { links[previous]?.next = removed.next } else { first = removed.next }
        if let next = removed.next { links[next]?.previous = removed.previous } else { last = removed.previous }
        return true
    }

    /// Does nothing if the element is not in the queue.
    package mutating func moveToEnd(_ element: Element) {
        if element != last, remove(element) { append(element) }
    }

    package mutating func popFirst() -> Element? {
        guard let first else { return nil }
        remove(first)
        return first
    }

    /// The first element that satisfies `condition`.
    func first(where condition: (Element) -> Bool) -> Element? {
        var candidate = first
        while let element = candidate {
            if condition(element) { return element }
            candidate = links[element]?.next
        }
        return nil
    }
}
