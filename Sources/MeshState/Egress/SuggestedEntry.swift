/// Proposes the change that lets a blocked call out, and no more than that call.
public enum SuggestedEntry {
    /// The change that allows what was blocked: a new entry, a port for the entry that has the host, or switching on
    /// the entry that was switched off.
    ///
    /// The entry goes into the workload's namespace unless another one is given. What it looks like follows the call:
    /// - HTTP: the authority as host, protocol HTTP, resolution DNS.
    /// - TLS with a server name, and port 443 with a name known from the mesh or a name server: that name, TLS, DNS.
    /// - other TCP: the address as `addresses` with resolution NONE, so that nothing but this address is opened. The
    ///   host is the name if one is known, else a label made from the address (`203-0-113-10.egress.invalid`), because
    ///   a plain connection carries no name.
    public static func make(
        for blocked: BlockedEgress, in snapshot: MeshSnapshot, namespace: String? = nil, id: Int
    ) throws(ChangeRefusal) -> ChangeRequest {
        switch blocked.reason {
        case .entryOff(let key):
            if let entry = snapshot.entries.first(where: { $0.id == key })?.entry, EntrySwitch.isOff(entry) != nil {
                return try EntrySwitch.switchOn(entry, id: id)
            }
        case .otherPort(let key) where key.kind == "Service":
            throw ChangeRefusal(
                "\(blocked.id.target):\(blocked.id.port) belongs to service \(key.namespace)/\(key.name): "
                    + "add the port there"
            )
        case .noGatewayRoute:
            throw ChangeRefusal(
                "\(blocked.id.target) was refused by the egress gateway: it needs a Gateway and a VirtualService that "
                    + "route it there")
        case .noEntry, .otherPort: break
        }
        let call = Call(blocked)
        return try allow(call, in: snapshot, namespace: namespace ?? blocked.id.namespace, id: id)
    }

    /// The change that allows calls to a host and port, for whom no such call may have been blocked yet.
    ///
    /// What was blocked decides as above if something was. Else the port does: 443 is TLS, 80 and the like are HTTP;
    /// any other is TCP and needs an address, since without one the entry would open the port to every destination.
    /// - Parameters:
    ///   - host: a name or an address.
    ///   - workload: only calls of this workload count.
    ///   - address: of the host, where it is known.
    public static func make(
        host: String, port: Int, from workload: String? = nil, address: String? = nil, in snapshot: MeshSnapshot,
        namespace: String? = nil, id: Int
    ) throws(ChangeRefusal) -> ChangeRequest {
        guard (1...65535).contains(port) else { throw ChangeRefusal("\(port) is no port: give 1 to 65535") }
        let wanted = host.lowercased()
        let matching = snapshot.blocked.filter { blocked in
            blocked.id.port == port && (workload == nil || blocked.id.workload == workload)
                && [blocked.id.target, blocked.name, HostPort(blocked.destination).host].contains {
                    $0?.lowercased() == wanted
                }
        }
        // The snapshot has the newest first.
        if let blocked = matching.first { return try make(for: blocked, in: snapshot, namespace: namespace, id: id) }
        let place =
            namespace ?? snapshot.identity.namespace
            ?? snapshot.proxies.first { $0.workload == workload && workload != nil }?.id.namespace ?? "default"
        if let entry = snapshot.entries.map(\.entry).first(where: { entry in
            EntrySwitch.isOff(entry) != nil && entry.ports.contains { $0.number == port }
                && entry.hosts.contains { HostName.covers($0, wanted) }
        }) {
            return try EntrySwitch.switchOn(entry, id: id)
        }
        let call = try Call(host: wanted, port: port, address: address)
        return try allow(call, in: snapshot, namespace: place, id: id)
    }

    /// The change that gives the destination of a passthrough connection an entry of its own, so that it goes on when
    /// the policy becomes REGISTRY_ONLY.
    public static func make(
        for connection: Connection, in snapshot: MeshSnapshot, namespace: String? = nil, id: Int
    ) throws(ChangeRefusal) -> ChangeRequest {
        guard connection.id.cluster.direction == .builtIn else {
            throw ChangeRefusal("\(connection.id.cluster) is in the registry already")
        }
        let destinations = Set(connection.endpoints.map { HostPort($0) }.filter { $0.port != nil })
        guard let only = destinations.first, let port = only.port, let address = IPAddress(only.host) else {
            throw ChangeRefusal("no connection of \(connection.workload) is open: its destination is not known")
        }
        guard destinations.count == 1 else {
            throw ChangeRefusal(
                "\(connection.workload) has open connections to \(destinations.count) destinations: "
                    + "allow each with `meshtop allow ADDRESS:PORT`")
        }
        let call = Call(address: address, port: port)
        return try allow(call, in: snapshot, namespace: namespace ?? connection.id.proxy.namespace, id: id)
    }

    /// What is to be let out.
    private struct Call {
        /// nil where nothing but the address is known.
        var name: String?
        var address: IPAddress?
        let port: Int
        let transport: BlockedEgress.Transport

        init(_ blocked: BlockedEgress) {
            let target = blocked.id.target
            address = IPAddress(HostPort(blocked.destination).host) ?? IPAddress(target)
            port = blocked.id.port
            name = blocked.name ?? (IPAddress(target) == nil ? target : nil)
            if name.flatMap({ IPAddress($0) }) != nil { name = nil }
            let isSureName = name != nil && blocked.nameSource != .reverseDNS
            transport = blocked.id.transport == .tcp && port == 443 && isSureName ? .tls : blocked.id.transport
        }

        init(address: IPAddress, port: Int) {
            self.address = address
            self.port = port
            transport = .tcp
        }

        init(host: String, port: Int, address: String?) throws(ChangeRefusal) {
            self.port = port
            self.address = IPAddress(host) ?? address.flatMap { IPAddress($0) }
            name = IPAddress(host) == nil ? host : nil
            switch port {
            case 443 where name != nil, 8443 where name != nil: transport = .tls
            case 80, 8000, 8080: transport = .http
            default: transport = .tcp
            }
            if transport == .tcp, self.address == nil {
                throw ChangeRefusal(
                    "the address of \(host) is not known, and without one a TCP entry would open port \(port) to every "
                        + "destination: give an address, or let the workload try once and allow what was blocked")
            }
        }

        /// A host that no name server knows, for an entry that is found by its address alone.
        var addressLabel: String {
            let text = address?.description ?? "unknown"
            return text.replacing(".", with: "-").replacing(":", with: "-") + ".egress.invalid"
        }

        var words: String { "\(name ?? address?.description ?? "unknown"):\(port)" }
    }

    private static func allow(
        _ call: Call, in snapshot: MeshSnapshot, namespace: String, id: Int
    ) throws(ChangeRefusal) -> ChangeRequest {
        let entries = snapshot.entries.map(\.entry).filter { $0.meta.namespace == namespace }
        // An entry of one's own would hide those of other namespaces with the same host, all their ports included.
        let visible = snapshot.entries.map(\.entry).filter { entry in
            entry.meta.namespace != namespace && EntrySwitch.isOff(entry) == nil
                && (entry.exportTo.isEmpty || entry.exportTo.contains("*") || entry.exportTo.contains(namespace))
        }
        let version = IstioVersion(parsing: snapshot.istioVersion) ?? .current
        let host = call.name ?? call.addressLabel
        var fresh = newEntry(call, host: host, namespace: namespace)
        if let existing = (entries + visible).first(where: { $0.hosts.contains { $0.lowercased() == host } }) {
            if EntrySwitch.isOff(existing) != nil, existing.ports.contains(where: { $0.number == call.port }) {
                return try EntrySwitch.switchOn(existing, id: id)
            }
            if let change = try widened(existing, by: fresh, call: call, version: version, id: id) { return change }
            // Two entries of one host would not be merged; this one is found by its address alone.
            fresh.hosts = [call.addressLabel]
        }
        if fresh.resolution == .none, fresh.addresses.isEmpty {
            throw ChangeRefusal(
                "the address of \(call.words) is not known, and without one an entry would open the port to every "
                    + "destination")
        }
        fresh.meta.name = uniqueName(for: fresh.hosts[0], among: entries)
        try check(fresh.manifest, version: version)
        return ChangeRequest(id: id, target: fresh.id, action: .create(fresh.manifest), summary: "allow \(call.words)")
    }

    private static func newEntry(_ call: Call, host: String, namespace: String) -> ServiceEntry {
        let word: String
        switch call.transport {
        case .http: word = "http"
        case .tls: word = "tls"
        case .tcp: word = "tcp"
        }
        let port = ServicePort(number: call.port, name: word, protocolText: word.uppercased())
        var entry = ServiceEntry(
            meta: ObjectMeta(name: "", namespace: namespace), hosts: [host], ports: [port], location: .external,
            resolution: .dns)
        // Plain TCP, and HTTP to an address, are matched by the address; there may be nothing to resolve.
        if call.transport == .tcp || call.name == nil {
            entry.resolution = .none
            entry.addresses = call.address.map { ["\($0)/\($0.isIPv4 ? 32 : 128)"] } ?? []
        }
        return entry
    }

    /// The entry with the port of the call added; nil if that would change what else it does.
    private static func widened(
        _ existing: ServiceEntry, by fresh: ServiceEntry, call: Call, version: IstioVersion, id: Int
    ) throws(ChangeRefusal) -> ChangeRequest? {
        let port = fresh.ports[0]
        if let same = existing.ports.first(where: { $0.number == port.number }) {
            let name = "service entry \(existing.meta.name)"
            if same.parsedProtocol != port.parsedProtocol {
                throw ChangeRefusal(
                    "\(name) has port \(port.number) as \(same.protocolText), not as \(port.protocolText): edit it")
            }
            if !coversAddress(existing, of: call) {
                throw ChangeRefusal(
                    "\(name) has port \(port.number) for \(existing.addresses.joined(separator: ", ")) alone: edit it")
            }
            throw ChangeRefusal("\(name) has \(call.words) already: a new call should pass")
        }
        var object = try EntrySwitch.changeable(existing)
        if EntrySwitch.isOff(existing) != nil, case .replace(let on) = try EntrySwitch.switchOn(existing, id: id).action
        {
            object = on
        }
        if call.transport == .tcp, !coversAddress(existing, of: call) {
            guard !existing.addresses.isEmpty, let address = call.address else { return nil }
            let addresses = object["spec"]?["addresses"]?.arrayValue ?? []
            object["spec"]?["addresses"] = .array(addresses + [.string(address.description)])
        }
        var added = port
        if existing.ports.contains(where: { $0.name == added.name }) { added.name = "\(port.name)-\(port.number)" }
        let ports = object["spec"]?["ports"]?.arrayValue ?? []
        object["spec"]?["ports"] = .array(ports + [added.manifest])
        let problems = ServiceEntryRules.problems(in: object, version: version)
        if let error = problems.first(where: { $0.severity == .error }) {
            // What is matched by its address does well in an entry of its own; a name has to stay with its entry.
            if call.transport == .tcp { return nil }
            throw ChangeRefusal(
                "service entry \(existing.meta.name) cannot take port \(port.number): \(error.message.madeSafe)")
        }
        return ChangeRequest(
            id: id, target: existing.id, action: .replace(object),
            summary: "allow \(call.words) in \(existing.meta.name)")
    }

    /// Whether a connection of this call would reach a listener of the entry; for names there is no question of it.
    private static func coversAddress(_ entry: ServiceEntry, of call: Call) -> Bool {
        guard call.transport == .tcp, let address = call.address else { return true }
        return (entry.addresses + entry.allocatedAddresses.values.flatMap { $0 })
            .contains { IPPrefix($0)?.contains(address) == true }
    }

    /// An object's name made from a host, which no entry of the namespace has.
    package static func uniqueName(for host: String, among entries: [ServiceEntry]) -> String {
        let letters = host.lowercased().unicodeScalars.map { scalar -> Character in
            ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
        }
        let words = String(letters).split(separator: "-")
        var base = words.joined(separator: "-").prefix(58)
        while base.last == "-" { base.removeLast() }
        if base.isEmpty { base = "entry" }
        let taken = Set(entries.map(\.meta.name))
        var name = String(base)
        var number = 2
        while taken.contains(name) {
            name = "\(base)-\(number)"
            number += 1
        }
        return name
    }

    private static func check(_ manifest: JSONValue, version: IstioVersion) throws(ChangeRefusal) {
        let errors = ServiceEntryRules.problems(in: manifest, version: version).filter { $0.severity == .error }
        guard let first = errors.first else { return }
        throw ChangeRefusal("no service entry can allow this: \(first.path): \(first.message.madeSafe)")
    }
}
