import Logging
import MeshState

/// Follows the store and hands the control plane the mesh as the objects describe it.
///
/// An object that cannot be decoded is left out and reported to the log: the API refuses such objects, so one can only
/// come from a damaged database.
struct MeshFeed {
    private let store: ObjectStore
    private let policy: OutboundPolicy
    private let logger: Logger
    private var entries: [ObjectKey: ServiceEntry] = [:]
    private var services: [ObjectKey: Service] = [:]
    private var endpoints: [ObjectKey: Endpoints] = [:]
    private var pods: [ObjectKey: Pod] = [:]
    /// The version of the store up to which changes are in.
    private(set) var version: Int64 = 0

    /// Reads the store as it is now.
    init(store: ObjectStore, policy: OutboundPolicy, logger: Logger) async {
        self.store = store
        self.policy = policy
        self.logger = logger
        await relist()
    }

    var configuration: MeshConfiguration {
        MeshConfiguration(
            policy: policy, entries: Array(entries.values), services: Array(services.values),
            endpoints: Array(endpoints.values), pods: Array(pods.values))
    }

    /// Tells the control plane of every change until the task is cancelled.
    mutating func follow(into controlPlane: ControlPlane) async throws {
        while !Task.isCancelled {
            do {
                for try await event in store.changes(since: version) {
                    version = event.resourceVersion
                    guard apply(event.resource, event.object, isDeleted: event.kind == .deleted) else { continue }
                    await controlPlane.update(configuration)
                }
            } catch StoreError.expired {
                await relist()
                await controlPlane.update(configuration)
            }
        }
    }

    private mutating func relist() async {
        entries = [:]
        services = [:]
        endpoints = [:]
        pods = [:]
        // A change between two of the lists is told again by the events after this version, which is harmless.
        version = await store.resourceVersion
        for resource in Resource.allCases {
            let (objects, _) = await store.list(resource)
            for object in objects { _ = apply(resource, object, isDeleted: false) }
        }
    }

    /// Whether the mesh changed for the control plane.
    private mutating func apply(_ resource: Resource, _ object: JSONValue, isDeleted: Bool) -> Bool {
        do {
            switch resource {
            case .serviceEntries: Self.put(try ServiceEntry(object: object), into: &entries, isDeleted)
            case .services: Self.put(try Service(object: object), into: &services, isDeleted)
            case .endpoints: Self.put(try Endpoints(object: object), into: &endpoints, isDeleted)
            case .pods: Self.put(try Pod(object: object), into: &pods, isDeleted)
            default: return false
            }
            return true
        } catch {
            logger.error("left out of the mesh: \(error)")
            return false
        }
    }

    private static func put<Value: Identifiable>(
        _ value: Value, into values: inout [ObjectKey: Value], _ isDeleted: Bool
    ) where Value.ID == ObjectKey {
        values[value.id] = isDeleted ? nil : value
    }
}
