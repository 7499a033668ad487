extension Schema {
    /// A WorkloadEntry: one workload outside the cluster, such as a virtual machine.
    static let workloadEntry = istio(
        "WorkloadEntry is a workload that is no pod, such as a virtual machine.",
        spec: workload("The workload."))

    /// A WorkloadGroup: what the WorkloadEntries of a group of machines have in common.
    static let workloadGroup = istio(
        "WorkloadGroup is what WorkloadEntries that register themselves are made from.",
        spec: .object(
            "What they have in common.", required: ["template"],
            [
                "metadata": .object(
                    "Metadata of the entries.",
                    ["labels": .stringMap("Their labels."), "annotations": .stringMap("Their annotations.")]),
                "template": workload("The entries themselves; the address comes from the machine."),
                "probe": .object(
                    "How the machine's readiness is found out.",
                    [
                        "initialDelaySeconds": .integer("Seconds before the first look."),
                        "timeoutSeconds": .integer("Seconds that a look may take."),
                        "periodSeconds": .integer("Seconds between two looks."),
                        "successThreshold": .integer("Good looks in a row that make it ready."),
                        "failureThreshold": .integer("Bad looks in a row that make it not ready."),
                        "httpGet": .object(
                            "Asks over HTTP.", required: ["port"],
                            [
                                "path": .string("Path to ask for."), "port": .unsigned("Port to ask at."),
                                "host": .string("Host to ask."), "scheme": .string("HTTP or HTTPS."),
                                "httpHeaders": .any("Headers to send."),
                            ]),
                        "tcpSocket": .object(
                            "Connects.", required: ["port"],
                            ["host": .string("Host to connect to."), "port": .unsigned("Port to connect to.")]),
                        "exec": .object(
                            "Runs a program.", required: ["command"], ["command": .strings("Program and arguments.")]),
                        "grpc": .object(
                            "Asks gRPC's health service.",
                            ["service": .string("Name to ask for."), "port": .unsigned("Port to ask at.")]),
                    ]),
            ]))

    /// The members of one endpoint: of a ServiceEntry, a WorkloadEntry, or a group's template.
    static func workload(_ description: String) -> Schema {
        .object(
            description,
            [
                "address": .string("IP address, name, or `unix://` path of the endpoint."),
                "ports": Schema(.map(.unsigned("")), "Port numbers of this endpoint, by the service's port names."),
                "labels": .stringMap("Labels of the endpoint."),
                "network": .string("Network that the endpoint is in, for endpoints behind a gateway."),
                "locality": .string("Place of the endpoint as REGION/ZONE/SUBZONE."),
                "weight": .unsigned("Share of the load relative to the other endpoints."),
                "serviceAccount": .string("Service account that the endpoint runs as."),
            ])
    }

    // MARK: What all of Istio's kinds have

    /// An object of Istio's networking group.
    static func istio(_ description: String, spec: Schema, status: [String: Schema] = [:]) -> Schema {
        .object(
            description,
            [
                "apiVersion": .apiVersion, "kind": .kind, "metadata": .metadata, "spec": spec,
                "status": .object(
                    "What the control plane reports about the object.", isOpen: true,
                    [
                        "conditions": .list("Current state of the object.", of: condition),
                        "validationMessages": .list("What analysis found.", of: .any("One finding.")),
                        "observedGeneration": .any("Generation that the report is about."),
                    ].merging(status) { first, _ in first }),
            ])
    }

    private static let condition = Schema.object(
        "One condition.",
        [
            "type": .string("Which condition."), "status": .string("True, False or Unknown."),
            "reason": .string("One word for why."), "message": .string("Why, in a sentence."),
            "lastProbeTime": .string("Time of the last look."),
            "lastTransitionTime": .string("Time since which it is so."),
            "observedGeneration": .any("Generation that the condition is about."),
        ])

    static func exportTo(_ subject: String) -> Schema {
        .strings("Namespaces that see the \(subject); `.` is its own, `*` every one.")
    }
}
