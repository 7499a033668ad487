extension Schema {
    static let networkPolicy = object(
        "NetworkPolicy says what may reach pods, and what they may reach.",
        [
            "apiVersion": apiVersion, "kind": kind, "metadata": metadata,
            "spec": object(
                "What the policy allows.",
                [
                    "podSelector": selector("Pods of the namespace that the policy is for; an empty one means all."),
                    "policyTypes": strings("Directions that the policy is about: Ingress, Egress."),
                    "egress": list("What the pods may reach.", of: rule("to", "Where the connections may lead.")),
                    "ingress": list("What may reach the pods.", of: rule("from", "Where they may come from.")),
                ]),
        ])

    private static func rule(_ peers: String, _ description: String) -> Schema {
        object(
            "One rule; what it leaves open is not limited.",
            [peers: list(description, of: peer), "ports": list("Ports of the connections.", of: port)])
    }

    private static let peer = object(
        "Pods, or a block of addresses.",
        [
            "podSelector": selector("Pods, of the policy's own namespace unless namespaces are selected."),
            "namespaceSelector": selector("Namespaces whose pods are meant."),
            "ipBlock": object(
                "Addresses.",
                ["cidr": string("Block of addresses."), "except": strings("Blocks within that are not meant.")]),
        ])

    private static let port = object(
        "One port, or a range of ports.",
        [
            "protocol": string("TCP, UDP or SCTP."), "port": any("Number or name of the port; none means every one."),
            "endPort": integer("Last port of a range that begins with `port`."),
        ])

    private static func selector(_ description: String) -> Schema {
        object(
            description,
            [
                "matchLabels": stringMap("Labels that have to be there."),
                "matchExpressions": list(
                    "Further conditions.",
                    of: object(
                        "One condition.",
                        [
                            "key": string("Label that it is about."),
                            "operator": string("In, NotIn, Exists or DoesNotExist."), "values": strings("Values."),
                        ])),
            ])
    }
}
