public import Foundation
import MeshState

/// The file by which kubectl and every client library find a lab.
public enum Kubeconfig {
    /// The file's text, YAML with one cluster, one user and one context of the same name.
    ///
    /// `server` is the API's URL, `caPEM` the certificate that signed the server's, `context` the name.
    public static func text(server: String, caPEM: String, token: String, context: String) -> String {
        let authority = Data(caPEM.utf8).base64EncodedString()
        // A quoted JSON string is a YAML string, whatever it holds.
        func quoted(_ text: String) -> String { JSONValue.string(text).jsonText() }
        return """
            apiVersion: v1
            kind: Config
            current-context: \(quoted(context))
            clusters:
            - name: \(quoted(context))
              cluster:
                server: \(quoted(server))
                certificate-authority-data: \(authority)
            users:
            - name: \(quoted(context))
              user:
                token: \(quoted(token))
            contexts:
            - name: \(quoted(context))
              context:
                cluster: \(quoted(context))
                user: \(quoted(context))
                namespace: default

            """
    }

    /// Writes the file so that its owner alone can read it, and so that no reader ever sees half of it.
    public static func write(_ text: String, to file: URL) throws {
        try Data(text.utf8).writePrivately(to: file)
    }
}
