/// Services by host, held in the order in which they count.
struct OrderedServices: Sendable {
    private(set) var all: [ServiceIndex.Effective] = []
    private var places: [String: ServiceIndex.Order] = [:]

    init() {}

    /// Takes in many at once.
    init(_ services: [ServiceIndex.Effective]) {
        all = services.sorted { $0.order < $1.order }
        for service in services { places[service.service.host] = service.order }
    }

    subscript(host: String) -> ServiceIndex.Effective? { places[host].flatMap { index(of: $0) }.map { all[$0] } }

    /// Puts a service in the place of the host's, or takes it away.
    mutating func set(_ host: String, _ service: ServiceIndex.Effective?) {
        if let old = places[host], let index = index(of: old) {
            if let service, service.order == old {
                all[index] = service
                return
            }
            all.remove(at: index)
        }
        places[host] = service?.order
        if let service { all.insert(service, at: position(of: service.order)) }
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
