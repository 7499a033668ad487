import MeshState

/// What istiod counts against a push beside what the plans have.
extension DebugView {
    var pushReport: PushReport {
        var report = report
        noteInboundConflicts(&report)
        noteEndpoints(&report)
        noteEmptyClusters(&report)
        return report
    }

    /// Two Services that lead to one port of a workload and call its protocol by different names.
    private func noteInboundConflicts(_ report: inout PushReport) {
        for node in nodes where node.kind == .sidecar && connected.contains(where: { $0.proxy == node.id }) {
            var first: [Int: (host: String, spoken: PortProtocol)] = [:]
            let targets = targets(of: node).sorted { ($0.row.created, $0.row.host) < ($1.row.created, $1.row.host) }
            for (row, port, number) in targets {
                guard let old = first[number] else {
                    first[number] = (row.host, port.parsedProtocol)
                    continue
                }
                if old.host == row.host || old.spoken == port.parsedProtocol { continue }
                report.add(
                    "pilot_conflict_inbound_listener", key: node.id.description,
                    message: "Conflicting inbound listener:\(number). existing: \(old.host), incoming: \(row.host)",
                    proxy: node.id.description)
            }
        }
    }

    /// Endpoints that name a pod that is not there, and workloads of Services that are not ready.
    private func noteEndpoints(_ report: inout PushReport) {
        let pods = Set(index.mesh.pods.map { "\($0.meta.namespace)/\($0.meta.name)" })
        var unready: Set<String> = []
        for object in objects[.endpoints] ?? [] {
            let (name, namespace) = (
                object["metadata"]?["name"]?.stringValue, object["metadata"]?["namespace"]?.stringValue
            )
            for subset in object["subsets"]?.arrayValue ?? [] {
                unready.formUnion((subset["notReadyAddresses"]?.arrayValue ?? []).compactMap { $0["ip"]?.stringValue })
                for address in subset["addresses"]?.arrayValue ?? [] {
                    guard let target = address["targetRef"], target["kind"] == "Pod",
                        !pods.contains("\(namespace ?? "")/\(target["name"]?.stringValue ?? "")")
                    else { continue }
                    report.add(
                        "endpoint_no_pod", key: "\(name ?? "").\(namespace ?? "").svc.cluster.local",
                        message: address["ip"]?.stringValue ?? "")
                }
            }
        }
        for node in nodes where unready.contains(node.ip) {
            report.add(
                "pilot_endpoint_not_ready", key: node.id.description, message: "", proxy: node.id.description)
        }
    }

    /// Clusters that some proxy has and that lead nowhere.
    private func noteEmptyClusters(_ report: inout PushReport) {
        for name in emptyClusters { report.add("pilot_eds_no_instances", key: name, message: "") }
    }
}
