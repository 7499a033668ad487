extension Schema {
    /// A ServiceEntry, as its current CustomResourceDefinition has it.
    static let serviceEntry = istio(
        "ServiceEntry adds hosts to the mesh's registry, so that workloads may call them.",
        spec: .object(
            "What the entry tells the mesh about its hosts.", required: ["hosts"],
            [
                "hosts": .strings("Names that the entry stands for; HTTP matches them by authority, TLS by SNI."),
                "addresses": .strings("Virtual addresses or CIDR blocks that lead to the hosts."),
                "ports": .list(
                    "Ports on which the hosts are called.", .map(keys: ["name"]),
                    of: .object(
                        "One port of the hosts.", required: ["number", "name"],
                        [
                            "number": .integer("Number that workloads connect to, 1 to 65535."),
                            "name": .string("Name of the port, unique within the entry."),
                            "protocol": .string(
                                "HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP or TLS; found by"
                                    + " sniffing where it is not given."),
                            "targetPort": .integer("Number that the endpoints listen on, where it is another."),
                        ])),
                "location": .string(
                    "Whether the hosts are part of the mesh; without it they are external.",
                    allowed: ["MESH_EXTERNAL", "MESH_INTERNAL"]),
                "resolution": .string(
                    "Where the endpoints of a connection come from; without it from the connection itself.",
                    allowed: ["NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"]),
                "endpoints": .list("Where connections to the hosts go.", of: workload("One endpoint.")),
                "workloadSelector": .object(
                    "Chooses pods and WorkloadEntries of the same namespace as endpoints.",
                    ["labels": .stringMap("Labels that a chosen workload has.")]),
                "exportTo": .strings(
                    "Namespaces that see the entry; `.` is its own, `*` every one, a lone `~` none."),
                "subjectAltNames": .strings("Names that the hosts' certificates are expected to carry."),
            ]),
        status: [
            "addresses": .list(
                "Addresses that the control plane gave to hosts without any.",
                of: .object(
                    "One address.", required: ["value"],
                    ["value": .string("The address."), "host": .string("The host that has it.")]))
        ])
}
