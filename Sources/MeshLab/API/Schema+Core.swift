extension Schema {
    static let apiVersion = string("Version of the schema that this object is written in.")
    static let kind = string("Type of the object, in CamelCase.")
    static let metadata = Schema(
        .reference("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", objectMeta), "Standard metadata of the object.")

    static let objectMeta = object(
        "Metadata that every object has.",
        [
            "name": string("Name, unique within the namespace; it cannot be changed."),
            "generateName": string("Prefix from which the server makes a unique name where none is given."),
            "namespace": string("Namespace that the object is in."),
            "labels": stringMap("Keys and values by which selectors choose objects."),
            "annotations": stringMap("Keys and values that tools keep with the object."),
            "uid": string("Identity of this object in time and space, set by the server."),
            "resourceVersion": string("Opaque version of the object, for optimistic locking and watches."),
            "generation": integer("Number of the desired state, raised by the server with each change of it."),
            "creationTimestamp": string("Time at which the server created the object."),
            "deletionTimestamp": string("Time at which the object will be deleted."),
            "deletionGracePeriodSeconds": integer("Seconds that the object may take to end."),
            "finalizers": strings("Names of what must be done before the object goes.", .set),
            "ownerReferences": list(
                "Objects that this object depends on.", .map(keys: ["uid"]), of: any("One owner.")),
            "managedFields": list("Which manager set which fields.", of: any("Fields of one manager.")),
            "selfLink": string("No longer set."),
        ])

    static let namespace = object(
        "Namespace gives a scope to names.",
        [
            "apiVersion": apiVersion, "kind": kind, "metadata": metadata,
            "spec": object("Behaviour of the namespace.", ["finalizers": strings("What must end before it can go.")]),
            "status": object("State of the namespace.", ["phase": string("Active or Terminating.")]),
        ])

    static let service = object(
        "Service is a named set of ports that a set of pods serves.",
        [
            "apiVersion": apiVersion, "kind": kind, "metadata": metadata,
            "spec": object(
                "Behaviour of the service.",
                [
                    "type": string("How the service is exposed."),
                    "clusterIP": string("Virtual address of the service; `None` for a headless one."),
                    "clusterIPs": strings("Virtual addresses of the service, one a family."),
                    "selector": stringMap("Labels of the pods behind the service."),
                    "ports": list(
                        "Ports of the service.", .map(keys: ["port", "protocol"]),
                        of: object(
                            "One port.",
                            [
                                "name": string("Name of the port; its prefix tells the mesh the protocol."),
                                "port": integer("Number that clients connect to."),
                                "protocol": string("TCP, UDP or SCTP."),
                                "appProtocol": string("Protocol spoken on the port."),
                                "targetPort": any("Number or name of the pods' port."),
                                "nodePort": integer("Number of the port on each node."),
                            ])),
                ]),
            "status": any("State of the service."),
        ])

    static let endpoints = object(
        "Endpoints are the addresses that serve a service.",
        [
            "apiVersion": apiVersion, "kind": kind, "metadata": metadata,
            "subsets": list(
                "Groups of addresses with the same ports.",
                of: object(
                    "One group.",
                    [
                        "addresses": list("Addresses that are ready.", of: any("One address.")),
                        "notReadyAddresses": list("Addresses that are not ready yet.", of: any("One address.")),
                        "ports": list("Ports of every address.", of: any("One port.")),
                    ])),
        ])

    static let configMap = object(
        "ConfigMap holds configuration for programs.",
        [
            "apiVersion": apiVersion, "kind": kind, "metadata": metadata,
            "data": stringMap("Texts by key."), "binaryData": stringMap("Bytes in base64 by key."),
            "immutable": boolean("Whether the data may no longer change."),
        ])

    static let secret = object(
        "Secret holds what only few may read, such as keys.",
        [
            "apiVersion": apiVersion, "kind": kind, "metadata": metadata,
            "type": string("What the secret is for; Opaque where it is not given."),
            "data": stringMap("Bytes in base64 by key."),
            "stringData": stringMap("Texts by key, which the server moves to `data`; it is never read."),
            "immutable": boolean("Whether the data may no longer change."),
        ])

    static let event = object(
        "Event is something that happened to an object.",
        [
            "apiVersion": apiVersion, "kind": kind, "metadata": metadata,
            "involvedObject": any("The object that it happened to."),
            "type": string("Normal or Warning."), "reason": string("What happened, in a word."),
            "message": string("What happened, in a sentence."), "count": integer("How often it happened."),
            "firstTimestamp": string("When it first happened."), "lastTimestamp": string("When it last happened."),
        ])

    static let pod = object(
        "Pod is a group of containers that share an address.",
        [
            "apiVersion": apiVersion, "kind": kind, "metadata": metadata,
            "spec": object(
                "What the pod runs.",
                [
                    "containers": list("Containers of the pod.", .map(keys: ["name"]), of: container),
                    "initContainers": list(
                        "Containers that run before the others.", .map(keys: ["name"]), of: container),
                    "nodeName": string("Node that the pod runs on."),
                    "serviceAccountName": string("Service account that the pod runs as."),
                    "volumes": list("Volumes of the pod.", .map(keys: ["name"]), of: any("One volume.")),
                ]),
            "status": object(
                "State of the pod.",
                [
                    "phase": string("Pending, Running, Succeeded, Failed or Unknown."),
                    "podIP": string("Address of the pod."),
                    "podIPs": list("Addresses of the pod.", .map(keys: ["ip"]), of: any("One address.")),
                    "hostIP": string("Address of the pod's node."),
                    "startTime": string("Time at which the pod was started."),
                    "conditions": list("Conditions of the pod.", .map(keys: ["type"]), of: any("One condition.")),
                    "containerStatuses": list("State of each container.", of: any("State of one container.")),
                ]),
        ])

    private static let container = object(
        "One container.",
        [
            "name": string("Name of the container, unique within the pod."),
            "image": string("Image that the container runs."),
            "command": strings("Program in place of the image's own."),
            "args": strings("Arguments of the program."),
            "env": list("Environment variables.", .map(keys: ["name"]), of: any("One variable.")),
            "ports": list(
                "Ports that the container listens on.", .map(keys: ["containerPort", "protocol"]),
                of: object(
                    "One port.",
                    [
                        "name": string("Name of the port."), "containerPort": integer("Number of the port."),
                        "protocol": string("TCP, UDP or SCTP."),
                    ])),
        ])
}

extension Resource {
    /// Whether the schema names every member that an object may have.
    var isFullyDescribed: Bool { isCustom || [.configMaps, .secrets, .networkPolicies].contains(self) }

    /// The type of this resource's objects.
    var schema: Schema {
        switch self {
        case .namespaces: .namespace
        case .pods: .pod
        case .services: .service
        case .endpoints: .endpoints
        case .configMaps: .configMap
        case .secrets: .secret
        case .events: .event
        case .networkPolicies: .networkPolicy
        case .serviceEntries: .serviceEntry
        case .virtualServices: .virtualService
        case .destinationRules: .destinationRule
        case .gateways: .gateway
        case .sidecars: .sidecar
        case .workloadEntries: .workloadEntry
        case .workloadGroups: .workloadGroup
        }
    }
}
