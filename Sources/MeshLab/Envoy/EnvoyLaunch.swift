public import Foundation
import MeshState

/// How an Envoy of the lab is started.
public enum EnvoyLaunch {
    /// The program that runs a node's proxy; `ControlPlane.start` writes the bootstrap that it reads.
    ///
    /// `captureLibrary` is preloaded with the map of the outside world, so that every connection of the proxy stays on
    /// the loopback; nil leaves it out, for a configuration that names loopback addresses alone.
    ///
    /// The log file must be opened for appending: Envoy writes its access log to it through `/dev/stdout`.
    public static func program(
        node: ProxyNode, envoy: URL, captureLibrary: URL?, worldMap: URL, layout: LabLayout
    ) -> Program {
        var environment: [String: String] = [:]
        if let captureLibrary {
            environment = Capture.environment(forProxyOf: node, layout: layout, library: captureLibrary)
            environment["MESHTOP_WORLD_MAP"] = worldMap.path
        }
        return Program(
            name: "envoy \(node.id)",
            executable: envoy.path,
            arguments: [
                "--config-path", ProxyFiles(node: node).bootstrapFile.path,
                // One worker is plenty for a workload of the lab, and labs share a machine.
                "--concurrency", "1",
                "--disable-hot-restart",
                // The access log is what blocked calls are seen by, so it must not lag.
                "--file-flush-interval-msec", "100",
                // A listener that is removed gives up its connections soon, instead of after ten minutes.
                "--drain-time-s", "2", "--drain-strategy", "immediate",
                // What is warned of as `misc` is which parts of the API are young or old.
                "--log-level", "warning", "--component-log-level", "misc:error",
            ],
            environment: environment,
            logFile: layout.logFile(namespace: node.id.namespace, pod: node.id.pod, container: "istio-proxy"))
    }
}
