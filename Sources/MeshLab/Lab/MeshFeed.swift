import Logging
import MeshState

/// Follows the store and tells the control plane of every object that decides where calls go.
///
/// An object that cannot be decoded is left out and reported to the log: the API refuses such objects, so one can only
/// come from a damaged database.
struct MeshFeed {
    private let store: ObjectStore
    /// What Istio's ConfigMap said last, of all that could be read of it.
    private var policy: OutboundPolicy
    private let logger: Logger
    /// The version of the store up to which changes are in.
    private var version: Int64 = 0

    init(store: ObjectStore, policy: OutboundPolicy, logger: Logger) {
        self.store = store
        self.policy = policy
        self.logger = logger
    }

    /// Reads the mesh as it is now; changes from here on are told by ``follow(into:)``.
    mutating func list() async -> MeshConfiguration {
        if let settings = await store.get(.configMaps, namespace: MeshSettings.namespace, name: MeshSettings.name) {
            read(settings)
        }
        var mesh = MeshConfiguration(policy: policy)
        // A change between two of the lists is told again by the events after this version, which is harmless.
        version = await store.resourceVersion
        for resource in Resource.allCases {
            for object in await store.list(resource).objects {
                do {
                    _ = try mesh.add(object)
                } catch {
                    logger.error("left out of the mesh: \(error)")
                }
            }
        }
        return mesh
    }

    /// Tells the control plane of every change until the task is cancelled.
    mutating func follow(into controlPlane: ControlPlane) async throws {
        while !Task.isCancelled {
            do {
                for try await event in store.changes(since: version) {
                    version = event.resourceVersion
                    if MeshSettings.isConfigMap(event.object), event.kind != .deleted {
                        await controlPlane.update(await list())
                    } else if let change = change(event) { await controlPlane.follow([change]) }
                }
            } catch StoreError.expired {
                await controlPlane.update(await list())
            }
        }
    }

    /// Takes the policy out of Istio's ConfigMap; as with istiod, one that cannot be read changes nothing.
    private mutating func read(_ settings: JSONValue) {
        do {
            policy = try OutboundPolicy(configMap: settings) ?? policy
        } catch {
            logger.error("the mesh's settings are not followed: \(error)")
        }
    }

    /// What an event means for the mesh; nil for nothing.
    private func change(_ event: StoreEvent) -> MeshChange? {
        do {
            guard let object = try MeshObject(object: event.object) else { return nil }
            return event.kind == .deleted ? .remove(object.key) : .put(object)
        } catch {
            logger.error("left out of the mesh: \(error)")
            return nil
        }
    }
}
