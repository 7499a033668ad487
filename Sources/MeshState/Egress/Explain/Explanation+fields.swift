extension Explanation {
    /// What `json` holds.
    package static let fields =
        [
            RecordField("verdict", .string, "allowed, blocked, or passthrough: nothing knows it and the policy lets it pass"),
            RecordField("listener", .string, "the listener of the caller's sidecar", null: "it has none for the call"),
            RecordField("chain", .string, "its filter chain", null: "there is no listener, or one chain takes all"),
            RecordField("route", .string, "its route", null: "the call is not routed by HTTP"),
            RecordField("cluster", .string, "its cluster", null: "it chooses none, or one of several by weight"),
            RecordField(
                "status", .integerOrString, "the HTTP status that the client gets, or words such as connection reset",
                null: "it gets what the destination answers"),
            RecordField("because[].kind", .string, "kind of an object that decided it"),
            RecordField("because[].namespace", .string, "its namespace"),
            RecordField("because[].name", .string, "its name"),
            RecordField("because[].field", .string, "path of the field that decided"),
        ]
        + RecordField.under(
            "hops[]",
            [
                RecordField("kind", .string, "sidecar, gateway, inbound or endpoint"),
                RecordField("name", .string, "WORKLOAD.NAMESPACE of what is in the mesh, else an address"),
                RecordField("listener", .string, "the listener that takes the call", null: "none does"),
                RecordField("chain", .string, "Envoy's name of the filter chain, or what it matches", null: "one takes all"),
                RecordField("virtualHost", .string, "the virtual host", null: "the call is not routed by HTTP"),
                RecordField("route", .string, "the route", null: "the call is not routed by HTTP"),
                RecordField("cluster", .string, "the cluster", null: "it chooses none, or one of several by weight"),
                RecordField("endpoints", .strings, "where the cluster may connect to"),
                RecordField("notes", .strings, "what is worth knowing of this hop"),
                RecordField("shares[].cluster", .string, "one of the clusters, where calls are divided by weight"),
                RecordField("shares[].percent", .number, "its share of the calls, 0 to 100"),
                RecordField("tls.mode", .string, "plain, passthrough, SIMPLE, MUTUAL or ISTIO_MUTUAL", when: hasTLS),
                RecordField("tls.sni", .string, "the server name that is sent", when: hasTLS, null: "none"),
                RecordField("tls.identity", .string, "the SPIFFE name of the client", when: hasTLS, null: "it shows none"),
                RecordField("tls.peers", .strings, "names of which the server has to show one", when: hasTLS),
            ])

    private static let hasTLS = "tls is not null"
}
