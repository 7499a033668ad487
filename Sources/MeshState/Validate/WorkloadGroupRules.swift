/// Istio's rules about WorkloadGroups: what the workload entries that are made from them need.
enum WorkloadGroupRules {
    static func find(in object: Field, report: inout RuleReport) {
        let spec = object["spec"]
        guard spec["template"].isSet else { return report.error("spec.template", "template is required") }
        for error in Names.labelErrors(spec["metadata"]["labels"].textMap) {
            report.error("spec.metadata.labels", "invalid labels: \(error)")
        }
        if spec["probe"].isSet { check(probe: spec["probe"], report: &report) }
    }

    private static func check(probe: Field, report: inout RuleReport) {
        let times = ["periodSeconds", "initialDelaySeconds", "timeoutSeconds", "successThreshold", "failureThreshold"]
        for name in times where probe[name].integer < 0 {
            report.error(probe[name].path, "\(name) must be non-negative")
        }
        if probe["httpGet"].isSet {
            check(httpGet: probe["httpGet"], report: &report)
        } else if probe["tcpSocket"].isSet {
            check(port: probe["tcpSocket"]["port"], report: &report)
        } else if probe["grpc"].isSet {
            check(port: probe["grpc"]["port"], report: &report)
        } else if probe["exec"].isSet {
            if probe["exec"]["command"].count == 0 {
                report.error(probe["exec"]["command"].path, "exec.command is required")
            }
        } else {
            report.error(probe.path, "unknown health check method <nil>")
        }
    }

    private static func check(httpGet: Field, report: inout RuleReport) {
        check(port: httpGet["port"], report: &report)
        let scheme = httpGet["scheme"]
        if !["", "HTTP", "HTTPS"].contains(scheme.text) {
            report.error(scheme.path, "httpGet.scheme must be one of \"HTTPS\", \"HTTP\"")
        }
        for header in httpGet["httpHeaders"].elements {
            if !header.isSet {
                report.error(header.path, "invalid nil header")
            } else if let error = HeaderRules.nameError(header["name"].text) {
                report.error(header["name"].path, error)
            }
        }
    }

    private static func check(port: Field, report: inout RuleReport) {
        if let error = Names.portNumberError(port.integer) { report.error(port.path, error) }
    }
}
