/// What belongs to a host's service.
protocol BelongingToHost {
    var host: String { get }
    /// The service's place among those that a proxy sees.
    var order: ServiceIndex.Order { get }
}

/// What belongs to services, one of each host, held in the order in which the services count.
struct OrderedByHost<Element: BelongingToHost & Sendable>: Sendable {
    private(set) var all: [Element] = []
    private var places: [String: ServiceIndex.Order] = [:]

    init() {}

    /// Takes in many at once.
    init(_ elements: [Element]) {
        all = elements.sorted { $0.order < $1.order }
        for element in elements { places[element.host] = element.order }
    }

    subscript(host: String) -> Element? { places[host].flatMap { index(of: $0) }.map { all[$0] } }

    /// Puts an element in the place of the host's, or takes that away.
    mutating func set(_ host: String, _ element: Element?) {
        if let old = places[host], let index = index(of: old) {
            if let element, element.order == old {
                all[index] = element
                return
            }
            all.remove(at: index)
        }
        places[host] = element?.order
        if let element { all.insert(element, at: position(of: element.order)) }
    }

    /// Where a place in the order is, or would be.
    private func position(of order: ServiceIndex.Order) -> Int {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].order < order { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func index(of order: ServiceIndex.Order) -> Int? {
        let index = position(of: order)
        return index < all.count && all[index].order == order ? index : nil
    }
}
