import Testing

@testable import MeshState

/// What `explain` and `advise` print as JSON is what the tables say of it.
@Suite struct ExplanationRecordTests {
    @Test func explanations() throws {
        let policy = """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: split, namespace: default}
            spec:
              hosts: [edition.cnn.com]
              http:
              - match: [{uri: {prefix: /fault}}]
                fault: {abort: {httpStatus: 503, percentage: {value: 100}}}
                route: [{destination: {host: edition.cnn.com}}]
              - route:
                - {destination: {host: edition.cnn.com, port: {number: 80}}, weight: 50}
                - {destination: {host: edition.cnn.com, port: {number: 443}}, weight: 50}

            """
        let entry = AdvisorTests.entry("cnn", "edition.cnn.com", "80/HTTP,443/HTTPS")
        let meshes = [
            try GatewayWalkTests.mesh("egress-gateway-http"), try GatewayWalkTests.mesh("egress-gateway-https"),
            try GatewayWalkTests.mesh("egress-gateway-tls-origination"), try GatewayWalkTests.mesh(nil, entry + policy),
            try GatewayWalkTests.mesh(nil),
        ]
        let records = meshes.flatMap { mesh in
            [(80, EgressCall.Speech.http), (443, .tls), (3306, .tcp)].map { port, speech in
                WalkTests.explain(mesh, "edition.cnn.com", port, speech, from: GatewayWalkTests.sleep).json
            }
        }
        #expect(mismatches(of: records, with: Explanation.fields) == [])
    }

    @Test func advice() throws {
        let mesh = try GatewayWalkTests.mesh(
            nil,
            AdvisorTests.entry("one", "edition.cnn.com", "80/HTTP") + AdvisorTests.entry("two", "edition.cnn.com", "80/HTTP"))
        #expect(mismatches(of: Advisor.findings(in: mesh).map(\.record), with: Advice.fields) == [])
    }
}
