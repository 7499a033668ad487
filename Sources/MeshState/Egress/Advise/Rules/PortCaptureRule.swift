/// A TCP entry without an address takes every connection on its port.
struct PortCaptureRule: AdviceRule {
    let name = "port-capture"

    func findings(in context: AdviceContext) -> [Advice] {
        context.entries.filter(\.addresses.isEmpty).flatMap { entry in
            entry.ports.filter { $0.parsedProtocol.isPlainTCP || $0.parsedProtocol == .unset }.map { port in
                advice(entry, port)
            }
        }
    }

    private func advice(_ entry: ServiceEntry, _ port: ServicePort) -> Advice {
        let host = entry.hosts.first ?? entry.meta.name
        let what = port.parsedProtocol == .unset ? "connection other than plain HTTP" : "connection"
        let effect =
            entry.resolution == .none
            ? "port \(port.number) is open to every address on the Internet"
            : "a call to any other server on port \(port.number) is led to \(host) in silence"
        let allocated =
            entry.allocatedAddresses.isEmpty
            ? "" : "; the addresses in its status are used by proxies with DNS capture alone"
        return Advice(
            rule: name, object: entry.id, field: "spec.addresses",
            message: "every \(what) on port \(port.number), to whatever address, goes by this entry: \(effect)",
            why: "a plain connection carries no name, so without an address the port alone decides\(allocated)",
            remedy: "list the addresses of \(host) in spec.addresses; if it speaks TLS or HTTP, say so in "
                + "spec.ports[].protocol")
    }
}
