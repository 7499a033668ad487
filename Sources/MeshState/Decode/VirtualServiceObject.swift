extension VirtualService {
    /// Reads a VirtualService of any version of its API; fields that do not decide where calls go are let pass.
    public init(object: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(kubernetes: object, kind: Self.kind)
        guard let spec = try reader.child("spec") else { throw reader.error("spec", "is missing") }
        var http: [HTTPRoute] = []
        for route in try spec.children("http") { http.append(try HTTPRoute(route)) }
        self.init(
            meta: try ObjectMeta(reader), hosts: try spec.strings("hosts"), gateways: try spec.strings("gateways"),
            http: http, tls: try Self.routes(spec, "tls"), tcp: try Self.routes(spec, "tcp"),
            exportTo: try spec.strings("exportTo"))
    }

    private static func routes(_ spec: FieldReader, _ key: String) throws(DecodeError) -> [L4Route] {
        var routes: [L4Route] = []
        for route in try spec.children(key) {
            var matches: [L4Match] = []
            for match in try route.children("match") { matches.append(try L4Match(match)) }
            routes.append(L4Route(matches: matches, shares: try Share.list(route)))
        }
        return routes
    }
}

extension VirtualService.Share {
    fileprivate static func list(_ route: FieldReader) throws(DecodeError) -> [Self] {
        var shares: [Self] = []
        for share in try route.children("route") {
            guard let destination = try share.child("destination") else {
                throw share.error("destination", "is missing")
            }
            shares.append(
                Self(
                    destination: try .init(destination), weight: try share.integer("weight") ?? 0,
                    headers: try .init(share.child("headers"))))
        }
        return shares
    }
}

extension VirtualService.Destination {
    init(_ reader: FieldReader) throws(DecodeError) {
        self.init(
            host: try reader.string("host") ?? "",
            subset: try reader.string("subset").flatMap { $0.isEmpty ? nil : $0 },
            port: try reader.child("port")?.integer("number"))
    }
}

extension VirtualService.HeaderChanges {
    fileprivate init(_ reader: FieldReader?) throws(DecodeError) {
        self.init()
        guard let reader else { return }
        request = try Self.operations(reader.child("request"))
        response = try Self.operations(reader.child("response"))
    }

    private static func operations(_ reader: FieldReader?) throws(DecodeError) -> Operations {
        var result = Operations()
        guard let reader else { return result }
        result.set = try reader.map("set")
        result.add = try reader.map("add")
        result.remove = try reader.strings("remove")
        return result
    }
}

extension VirtualService.Scope {
    fileprivate init(_ reader: FieldReader) throws(DecodeError) {
        self.init()
        let named = try reader.strings("gateways")
        gateways = named.isEmpty ? nil : named
        port = try reader.integer("port")
        sourceLabels = try reader.map("sourceLabels")
        sourceNamespace = try reader.string("sourceNamespace").flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension VirtualService.L4Match {
    fileprivate init(_ reader: FieldReader) throws(DecodeError) {
        self.init()
        scope = try .init(reader)
        sniHosts = try reader.strings("sniHosts")
        destinationSubnets = try reader.strings("destinationSubnets")
    }
}

extension VirtualService.HTTPMatch {
    fileprivate init(_ reader: FieldReader) throws(DecodeError) {
        self.init()
        name = try reader.string("name") ?? ""
        scope = try .init(reader)
        uri = try Self.text(reader.child("uri"))
        ignoresURICase = try reader.flag("ignoreUriCase") ?? false
        scheme = try Self.text(reader.child("scheme"))
        method = try Self.text(reader.child("method"))
        authority = try Self.text(reader.child("authority"))
        headers = try Self.texts(reader.child("headers"))
        withoutHeaders = try Self.texts(reader.child("withoutHeaders"))
        queryParameters = try Self.texts(reader.child("queryParams"))
    }

    private static func text(_ reader: FieldReader?) throws(DecodeError) -> VirtualService.StringMatch? {
        guard let reader else { return nil }
        if let text = try reader.string("exact") { return .exact(text) }
        if let text = try reader.string("prefix") { return .prefix(text) }
        if let text = try reader.string("regex") { return .regex(text) }
        return .present
    }

    private static func texts(_ reader: FieldReader?) throws(DecodeError) -> [String: VirtualService.StringMatch] {
        var result: [String: VirtualService.StringMatch] = [:]
        for key in reader?.keys ?? [] { result[key.madeSafe] = try text(reader?.child(key)) ?? .present }
        return result
    }
}

extension VirtualService.HTTPRoute {
    fileprivate init(_ reader: FieldReader) throws(DecodeError) {
        self.init()
        name = try reader.string("name") ?? ""
        for match in try reader.children("match") { matches.append(try .init(match)) }
        shares = try VirtualService.Share.list(reader)
        if let child = try reader.child("redirect") {
            var value = VirtualService.Redirect()
            value.uri = try child.string("uri")
            value.authority = try child.string("authority")
            value.scheme = try child.string("scheme")
            value.port = try child.integer("port")
            value.code = try child.integer("redirectCode") ?? 301
            redirect = value
        }
        if let child = try reader.child("directResponse") {
            directResponse = .init(
                status: try child.integer("status") ?? 0, body: try child.child("body")?.string("string"))
        }
        if let child = try reader.child("rewrite") {
            var value = VirtualService.Rewrite()
            value.uri = try child.string("uri")
            value.authority = try child.string("authority")
            rewrite = value
        }
        timeout = try reader.duration("timeout").flatMap { $0 == 0 ? nil : $0 }
        if let child = try reader.child("retries") {
            retries = .init(
                attempts: try child.integer("attempts") ?? 0, perTryTimeout: try child.duration("perTryTimeout"),
                retryOn: try child.string("retryOn"))
        }
        if let child = try reader.child("fault") { fault = try .init(child) }
        let mirrorShare = try reader.child("mirrorPercentage")?.number("value") ?? 100
        if let child = try reader.child("mirror") {
            mirrors.append(.init(destination: try .init(child), share: mirrorShare))
        }
        for child in try reader.children("mirrors") {
            guard let destination = try child.child("destination") else { continue }
            mirrors.append(
                .init(
                    destination: try .init(destination),
                    share: try child.child("percentage")?.number("value") ?? 100))
        }
        headers = try .init(reader.child("headers"))
    }
}

extension VirtualService.Fault {
    fileprivate init(_ reader: FieldReader) throws(DecodeError) {
        self.init()
        if let child = try reader.child("delay") {
            delay = try child.duration("fixedDelay")
            let former = try child.number("percent") ?? 100
            delayShare = try child.child("percentage")?.number("value") ?? former
        }
        if let child = try reader.child("abort") {
            abortStatus = try child.integer("httpStatus")
            abortShare = try child.child("percentage")?.number("value") ?? 100
        }
    }
}
