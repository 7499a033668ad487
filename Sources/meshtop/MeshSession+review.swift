import MeshClient
import MeshState
import MeshTUI

extension MeshSession {
    /// Objects as the API holds them now.
    nonisolated func readings(of keys: [ObjectKey]) async -> [ObjectKey: ObjectReading] {
        var readings: [ObjectKey: ObjectReading] = [:]
        for key in Set(keys) {
            do {
                readings[key] = try await liveObject(key).map { .object($0) } ?? .absent
            } catch {
                readings[key] = .failed("\(error)".madeSafe)
            }
        }
        return readings
    }

    /// What changes would do together, in the mesh as the API has it now.
    nonisolated func foresee(_ changes: [ChangeRequest]) async -> Foresight {
        do {
            let live = try await LiveMesh(source.client)
            let whatIf = try WhatIf(of: changes, in: live.configuration, snapshot: await snapshot())
            return .known(lines: whatIf.lines.map(\.madeSafe), gaps: live.gaps.map(\.madeSafe))
        } catch {
            return .failed("\(error)".madeSafe)
        }
    }
}
