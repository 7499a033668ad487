/// What the fields of Istio's kinds mean, for `kubectl explain`.
enum FieldDescriptions {
    /// The meaning of a field, by its path from the kind on.
    static func text(of path: String) -> String { key(of: path).flatMap { table[$0] } ?? "" }

    /// The longest path in the table that ends a field's path; nil where there is none.
    static func key(of path: String) -> String? {
        var rest = path[...]
        while table[String(rest)] == nil {
            guard let dot = rest.firstIndex(of: ".") else { return nil }
            rest = rest[rest.index(after: dot)...]
        }
        return String(rest)
    }

    static let table = Dictionary(
        uniqueKeysWithValues: lines.split(separator: "\n").compactMap { line in
            line.firstRange(of: ": ").map { (String(line[..<$0.lowerBound]), String(line[$0.upperBound...])) }
        })

    private static let lines = """
        ServiceEntry: Adds hosts to the mesh's registry, so that workloads may call them.
        VirtualService: Routes the calls that workloads make to hosts.
        DestinationRule: Says how calls to a service are made: load balancing, connection limits, TLS, and subsets.
        Gateway: Sets up the ports on which proxies at the mesh's edge take calls.
        Sidecar: Narrows what the proxies of workloads accept and reach.
        WorkloadEntry: A workload that is no pod, such as a virtual machine.
        WorkloadGroup: What WorkloadEntries that register themselves are made from.

        exportTo: Namespaces that see the object; `.` is its own, `*` every one.
        labels: Keys and values.
        annotations: Keys and values.
        name: Name, unique beside its like.
        port: A port.
        port.number: Number of the port.
        destination: Where calls go.
        destination.host: Name of a service of the registry.
        destination.subset: Subset of the service, as a DestinationRule names it.
        destination.port: Port of the service.
        subjectAltNames: Names of which the certificate of the other side has to have one.
        workloadSelector: Chooses workloads by their labels; without it, all of the namespace.
        workloadSelector.labels: Labels that a chosen workload has.
        workloadSelector.matchLabels: Labels that a chosen workload has.

        ServiceEntry.spec.hosts: Names that the entry stands for; HTTP matches them by authority, TLS by SNI.
        ServiceEntry.spec.exportTo: Namespaces that see the entry; `.` is its own, `*` every one, a lone `~` none.
        ServiceEntry.spec.addresses: Virtual addresses or CIDR blocks that lead to the hosts.
        ServiceEntry.spec.ports: Ports on which the hosts are called.
        ServiceEntry.spec.ports.number: Number that workloads connect to, 1 to 65535.
        ServiceEntry.spec.ports.protocol: HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP or TLS; \
        found by sniffing where it is not given.
        ServiceEntry.spec.ports.targetPort: Number that the endpoints listen on, where it is another.
        location: MESH_EXTERNAL, which holds where it is not given, or MESH_INTERNAL.
        resolution: Where the endpoints of a connection come from: NONE, which holds where it is not given, STATIC, \
        DNS, DNS_ROUND_ROBIN or DYNAMIC_DNS.
        endpoints: Where connections to the hosts go.
        ServiceEntry.spec.workloadSelector: Chooses pods and WorkloadEntries of the same namespace as endpoints.

        address: IP address, name, or `unix://` path of the endpoint.
        WorkloadEntry.spec.ports: Port numbers of the endpoint, by the service's port names.
        endpoints.ports: Port numbers of this endpoint, by the entry's port names.
        template.ports: Port numbers of the endpoint, by the service's port names.
        network: Network that the endpoint is in, for endpoints behind a gateway.
        locality: Place of the endpoint as REGION/ZONE/SUBZONE.
        WorkloadEntry.spec.weight: Share of the load relative to the other endpoints.
        endpoints.weight: Share of the load relative to the other endpoints.
        template.weight: Share of the load relative to the other endpoints.
        serviceAccount: Service account that the endpoint runs as.
        WorkloadGroup.spec.metadata: Metadata of the entries.
        template: The entries themselves; the address comes from the machine.
        probe: How the machine's readiness is found out.
        initialDelaySeconds: Seconds before the first look.
        timeoutSeconds: Seconds that a look may take.
        periodSeconds: Seconds between two looks.
        successThreshold: Good looks in a row that make it ready.
        failureThreshold: Bad looks in a row that make it not ready.
        httpGet: Asks over HTTP.
        httpGet.path: Path to ask for.
        httpGet.port: Port to ask at.
        httpGet.host: Host to ask.
        httpGet.scheme: HTTP or HTTPS.
        httpHeaders: Headers to send.
        httpHeaders.value: Value of the header.
        tcpSocket: Connects.
        tcpSocket.host: Host to connect to.
        tcpSocket.port: Port to connect to.
        exec: Runs a program.
        command: The program and its arguments.
        grpc: Asks gRPC's health service.
        grpc.port: Port to ask at.
        grpc.service: Name to ask for.

        VirtualService.spec.hosts: Names that are called; short names are completed with the object's namespace.
        gateways: Gateways as NAMESPACE/NAME, and `mesh` for all sidecars; without it sidecars alone.
        VirtualService.spec.http: Routes for HTTP, the first that matches counts.
        VirtualService.spec.tls: Routes for TLS that is not terminated, by the name that the client asks for.
        VirtualService.spec.tcp: Routes for plain connections.
        match: Conditions, of which one has to hold; none matches everything.
        match.port: Port that is called.
        match.gateways: Gateways that the condition is for, in place of the object's own.
        match.headers: Headers by their names in lower case.
        sourceLabels: Labels of the calling workload.
        sourceNamespace: Namespace of the calling workload.
        sourceSubnet: Has no effect.
        sniHosts: Names that the client asks for, within the object's hosts.
        destinationSubnets: Addresses or CIDR blocks that are called.
        uri: Path.
        scheme: Scheme.
        method: HTTP method.
        authority: Host.
        withoutHeaders: Headers that may not match.
        queryParams: Parameters of the query by name.
        ignoreUriCase: Whether paths match in any case.
        statPrefix: Prefix of the route's statistics.
        exact: Exactly this text.
        prefix: Text that starts so.
        regex: Regular expression (RE2) for the whole text.
        route: Where calls go, by weight.
        route.weight: Share of the calls.
        headers: Changes of headers.
        headers.request: Changes of the headers of calls.
        headers.response: Changes of the headers of answers.
        set: Headers that are replaced.
        add: Headers that are appended to.
        remove: Names of headers that are removed.
        redirect: Answers with a redirect.
        redirect.port: Port to redirect to.
        derivePort: Where the port comes from.
        redirectCode: HTTP status.
        directResponse: Answers by itself.
        directResponse.status: HTTP status.
        body: What is answered.
        string: As text.
        bytes: As bytes in base64.
        delegate: VirtualService that holds the routes.
        delegate.namespace: Its namespace.
        rewrite: Changes calls before they are sent on.
        uriRegexRewrite: Changes the path by a regular expression.
        uriRegexRewrite.match: What is replaced.
        uriRegexRewrite.rewrite: What replaces it.
        timeout: How long an answer may take.
        retries: When and how often a call is tried again.
        attempts: Number of retries; 0 for none.
        perTryTimeout: How long each try may take.
        retryOn: Conditions of a retry, with commas between them.
        retryRemoteLocalities: Whether endpoints in other localities are tried.
        retryIgnorePreviousHosts: Whether endpoints that failed are passed over.
        backoff: Shortest wait between two tries.
        fault: Faults on purpose.
        delay: Calls that wait.
        fixedDelay: How long they wait.
        exponentialDelay: Not implemented.
        abort: Calls that fail.
        httpStatus: HTTP status that they get.
        grpcStatus: gRPC status that they get.
        http2Error: Not implemented.
        percent: Share of calls, deprecated.
        percentage: Share of calls.
        percentage.value: 0 to 100.
        mirror: Where copies of calls go.
        mirror.host: Name of a service of the registry.
        mirror.subset: Subset of the service, as a DestinationRule names it.
        mirrors: Where copies of calls go.
        mirrorPercent: Share of calls that are mirrored, deprecated.
        mirror_percent: Share of calls that are mirrored, deprecated.
        mirrorPercentage: Share of calls that are mirrored.
        mirrorPercentage.value: 0 to 100.
        corsPolicy: Answers about calls from other origins.
        allowOrigin: Origins, deprecated.
        allowOrigins: Origins.
        allowMethods: HTTP methods.
        allowHeaders: Headers of calls.
        exposeHeaders: Headers of answers.
        maxAge: How long an answer holds.
        allowCredentials: Whether calls may carry credentials.
        unmatchedPreflights: What becomes of questions about other origins.

        DestinationRule.spec.host: Name of a service of the registry; may start with `*`.
        DestinationRule.spec.workloadSelector: Chooses the calling workloads that the rule is for.
        trafficPolicy: How calls are made.
        portLevelSettings: Policies for single ports, each in place of the whole policy.
        subsets: Named parts of the service's endpoints.
        subsets.labels: Labels of the part's endpoints.
        subsets.trafficPolicy: Policy for the part, in place of parts of the rule's own.
        tunnel: Tunnel through which connections go.
        tunnel.protocol: CONNECT or POST.
        targetHost: Host at its end.
        tunnel.targetPort: Port at its end.
        proxyProtocol: PROXY protocol header that connections begin with.
        version: Its version.
        retryBudget: How many retries there may be at a time.
        retryBudget.percent: Share of the calls in flight.
        minRetryConcurrency: Retries that there may always be.
        loadBalancer: How endpoints are chosen.
        simple: Choice that needs no settings.
        consistentHash: Choice by a hash of the call.
        httpHeaderName: Header that is hashed.
        httpQueryParameterName: Parameter of the query that is hashed.
        useSourceIp: Whether the caller's address is hashed.
        httpCookie: Cookie that is hashed, and made where there is none.
        httpCookie.path: Path of the cookie.
        ttl: How long the cookie lives.
        attributes: Further attributes of the cookie.
        attributes.value: Value of the attribute.
        ringHash: Hashes on a ring.
        minimumRingSize: Least number of places on the ring.
        maglev: Hashes in a table.
        tableSize: Size of the table, a prime number.
        localityLbSetting: How localities are weighed.
        enabled: Whether they are.
        failoverPriority: Labels whose likeness decides who stands in for a failing endpoint.
        distribute: Shares of the load by the caller's locality.
        failover: Which region stands in for which.
        from: Where calls come from.
        to: Where calls go.
        warmupDurationSecs: How long a new endpoint gets less than its share.
        warmup: How a new endpoint is brought up to its share.
        warmup.duration: How long that takes.
        minimumPercent: Share at the beginning.
        aggression: How fast the share grows.
        outlierDetection: When an endpoint is taken out for failing.
        consecutiveErrors: Deprecated.
        splitExternalLocalOriginErrors: Whether connection failures are counted apart.
        consecutiveLocalOriginFailures: Connection failures in a row.
        consecutiveGatewayErrors: Answers 502, 503 or 504 in a row.
        consecutive5xxErrors: Answers of 500 and above in a row.
        outlierDetection.interval: Time between two looks.
        baseEjectionTime: How long an endpoint is out the first time.
        maxEjectionPercent: Greatest share of endpoints that may be out.
        minHealthPercent: Share of healthy endpoints below which none is taken out.
        tls: TLS of connections to the service.
        tls.mode: Whether TLS is spoken, and with which certificate.
        clientCertificate: File of the client's certificate, for MUTUAL.
        privateKey: File of the key.
        caCertificates: File of the authorities that the other side's certificate is checked with.
        credentialName: Secret that holds certificate, key and authorities.
        sni: Name that the client asks for.
        insecureSkipVerify: Whether the server's certificate is not checked.
        caCrl: File of revoked certificates.
        connectionPool: Limits of connections.
        connectionPool.tcp: Limits of all connections.
        maxConnections: Greatest number of connections.
        connectTimeout: How long connecting may take.
        tcpKeepalive: Signs of life.
        probes: Unanswered ones before the connection is given up.
        tcpKeepalive.time: Silence before the first.
        tcpKeepalive.interval: Time between two.
        maxConnectionDuration: Greatest age of a connection.
        idleTimeout: How long a connection may carry nothing.
        connectionPool.http: Limits of HTTP.
        http1MaxPendingRequests: Greatest number of calls that wait for a connection.
        http2MaxRequests: Greatest number of calls at a time.
        maxRequestsPerConnection: Calls after which a connection is closed.
        maxRetries: Greatest number of retries at a time.
        h2UpgradePolicy: Whether HTTP/1.1 becomes HTTP/2.
        useClientProtocol: Whether the client's version of HTTP is kept.
        maxConcurrentStreams: Greatest number of calls on one HTTP/2 connection.
        http2KeepAlive: Signs of life of HTTP/2 connections.
        http2KeepAlive.interval: Time between two.
        http2KeepAlive.timeout: Time to wait for each.

        selector: Labels of the gateway's pods.
        servers: Ports with the hosts that they take calls for.
        servers.hosts: Hosts as NAMESPACE/NAME or NAME; a name may be `*` or start with `*.`.
        port.protocol: Protocol spoken on the port.
        port.targetPort: No longer has an effect.
        bind: Address or unix domain socket that is listened on.
        defaultEndpoint: Where calls are handed to.
        servers.tls: TLS of connections from clients.
        servers.tls.mode: Whether TLS is terminated, and what is asked of the client.
        ingress.tls: TLS of connections from clients.
        ingress.tls.mode: Whether TLS is terminated, and what is asked of the client.
        httpsRedirect: Whether HTTP calls are redirected to HTTPS.
        serverCertificate: File of the server's certificate.
        credentialNames: Secrets, one for each kind of key.
        caCertCredentialName: Secret that holds the authorities alone.
        tlsCertificates: Certificates and keys, one pair for each kind of key.
        verifyCertificateSpki: Hashes of public keys that clients may have.
        verifyCertificateHash: Hashes of certificates that clients may have.
        minProtocolVersion: Oldest version of TLS.
        maxProtocolVersion: Newest version of TLS.
        cipherSuites: Cipher suites that are taken.

        ingress: Ports that the workload takes calls on.
        egress: Services that the workload reaches, one set for each port or for all.
        egress.hosts: Services as NAMESPACE/NAME; the namespace may be `*`, `.` or `~`.
        captureMode: How connections come to the proxy.
        inboundConnectionPool: Limits of connections to the workload.
        inboundConnectionPool.tcp: Limits of all connections.
        inboundConnectionPool.http: Limits of HTTP.
        outboundTrafficPolicy: What becomes of calls to what the mesh does not know.
        outboundTrafficPolicy.mode: Whether they pass; in place of the mesh's own policy.
        egressProxy: Where they go, if they pass.
        egressProxy.host: Name of a service of the registry.
        egressProxy.subset: Subset of the service, as a DestinationRule names it.
        """
}
