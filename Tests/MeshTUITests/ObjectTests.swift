import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// Commands that change objects of any kind: what they ask for, and what becomes of what was read.
@Suite struct ObjectTests {
    private func model(_ columns: Int = 80, _ rows: Int = 24) -> AppModel {
        World.model(columns, rows, focus: .entries, World.withGateway)
    }

    private func run(_ line: String, _ model: inout AppModel) -> [ObjectWork] {
        model.type(":" + line)
        return model.type(.enter).compactMap { if case .gather(let work) = $0 { work } else { nil } }
    }

    private static func key(_ kind: String, _ namespace: String, _ name: String) -> ObjectKey {
        ObjectKey(kind: kind, namespace: namespace, name: name)
    }

    @Test("what a line asks for", arguments: [
        ("apply a.yaml b/", ObjectWork.apply(files: ["a.yaml", "b/"])), ("apply -f a.yaml", .apply(files: ["a.yaml"])),
        ("delete a.yaml", .deleteFiles(["a.yaml"])), ("delete -f b", .deleteFiles(["b"])),
        ("delete gateways", .deleteFiles(["gateways"])),
        ("delete gw shop/a b", .delete([key("Gateway", "shop", "a"), key("Gateway", "default", "b")])),
        ("delete vs x -n shop", .delete([key("VirtualService", "shop", "x")])),
        ("delete ns x", .delete([key("Namespace", "", "x")])),
        ("label ns x a=b c-", .label(key("Namespace", "", "x"), ["a": "b", "c": nil])),
        ("label pod -n y x a=", .label(key("Pod", "y", "x"), ["a": ""])),
        ("restart shop/web", .restart(namespace: "shop", workload: "web")),
        ("deregister vm/db 10.0.0.1", .deregister(namespace: "vm", name: "db", address: "10.0.0.1")),
    ])
    func asks(_ line: String, _ work: ObjectWork) {
        var model = model()
        #expect(run(line, &model) == [work])
    }

    @Test("what is no order", arguments: [
        ("apply", ":apply takes files and folders"), ("label x", ":label takes a kind, a name, and KEY=VALUE or KEY-"),
        ("label ns x a", ":a is neither KEY=VALUE nor KEY-"), ("register db x 1", ":x is no IP address"),
        ("register db 10.0.0.1 0", ":0 is no port: write it like 3306 or mysql:3306"),
        ("delete ns -n", ":-n takes a namespace"),
    ])
    func mistakes(_ line: String, _ message: String) {
        var model = model()
        #expect(run(line, &model).isEmpty)
        #expect(model.message?.text == message)
    }

    @Test func aLockedConsoleReadsNothing() {
        var model = model()
        model.type("L")
        #expect(run("apply a.yaml", &model).isEmpty)
        #expect(model.message?.text == ":changes are locked (L unlocks)")
    }

    // MARK: - The review

    @Test func severalObjectsAreOneReviewAndOneUndo() throws {
        var model = model(100, 40)
        let work = ObjectWork.apply(files: ["shop"])
        _ = update(&model, .gathered(work, .objects([World.gathered(World.gateway), World.gathered(World.policy)])))
        model.type("2")
        let effects = model.type(.enter)
        guard case .applyTogether(let requests)? = effects.first else {
            Issue.record("nothing is applied")
            return
        }
        #expect(requests.map(\.target.kind) == ["Gateway", "NetworkPolicy"])
        _ = update(&model, .changeFinished(requests[0], .done(object: .null, warnings: [])))
        let refusal = ChangeResult.failed(message: "networkpolicies is forbidden", isConflict: false)
        _ = update(&model, .changeFinished(requests[1], refusal))
    }

    @Test func whatIsSoAlreadyIsNotSent() {
        var model = model()
        let work = ObjectWork.apply(files: ["shop"])
        _ = update(&model, .gathered(work, .objects([World.gathered(World.gateway, .object(World.gateway))])))
        #expect(model.layers.isEmpty && model.message?.text == ":apply: nothing to do, 1 object as asked already")
    }

    @Test func nothingIsDoneWhileOneIsWrong() throws {
        var model = model()
        _ = update(&model, .gathered(.apply(files: ["shop"]), World.wrong))
        #expect(model.layers.last is ReasonsLayer && model.message?.text == ":apply: nothing is done")
        model.type(.escape)
        let failure = Gathering.failed("shop: there is no such file; check the path")
        _ = update(&model, .gathered(.apply(files: ["shop"]), failure))
        #expect(model.layers.isEmpty && model.message?.text == ":apply: shop: there is no such file; check the path")
    }

    @Test func nobodyIsThrownOutOfAForm() {
        var model = model()
        model.type(.character("A"), .enter)
        let layers = model.layers.count
        _ = update(&model, .gathered(.apply(files: ["shop"]), .objects([World.gathered(World.gateway)])))
        #expect(model.layers.count == layers)
    }

    @Test func aFileIsNotLostToAConflict() throws {
        var model = model()
        var live = World.gateway
        live["metadata"]?["resourceVersion"] = "7"
        live["spec"]?["selector"] = ["istio": "other"]
        let objects = Gathering.objects([World.gathered(World.gateway, .object(live))])
        _ = update(&model, .gathered(.apply(files: ["shop"]), objects))
        let request = try #require(model.type("y").applied.first)
        _ = update(&model, .changeFinished(request, .failed(message: "moved", isConflict: true)))
        #expect(model.layers.last is ConflictLayer)
        model.type(.escape)
        #expect(model.message?.text == "Dropped: change Gateway out; what you wrote is in shop/all.yaml")
    }

    @Test func oneKeySendsAnEntryThroughTheGateway() throws {
        var model = model(100, 40)
        model.current.select(try #require(model.current.rows.firstIndex { $0.id == .object(World.cnn) }), visible: 9)
        guard case .gather(let work)? = model.type("W").first else {
            Issue.record("nothing is asked for: \(model.message?.text ?? "")")
            return
        }
        let objects = work.keys.map { GatheredObject(key: $0, reading: .absent) }
        let effects = update(&model, .gathered(work, .objects(objects)))
        #expect(effects.contains { if case .foresee(_, let requests) = $0 { requests.count == 2 } else { false } })
    }

    @Test func machinesAreRegisteredAndTakenBack() throws {
        let registration = Registration(
            namespace: "vm", name: "db", address: "10.0.0.5", ports: [try #require(Registration.Port("3306"))])
        let none = ObjectWork.register(registration).keys.map { GatheredObject(key: $0, reading: .absent) }
        let plan = try ObjectPlan(.register(registration), none)
        #expect(plan.requests.map(\.summary) == ["register db", "register 10.0.0.5 for db"])
        let endpoints = try #require(plan.requests.last?.object)
        let there = [
            GatheredObject(key: plan.requests[0].target, reading: .object(registration.service)),
            GatheredObject(key: plan.requests[1].target, reading: .object(endpoints)),
        ]
        #expect(try ObjectPlan(.register(registration), there).requests.isEmpty)
        let work = ObjectWork.deregister(namespace: "vm", name: "db", address: "10.0.0.5")
        #expect(try ObjectPlan(work, there).requests.first?.object?["subsets"] == [])
        #expect(throws: ChangeRefusal("10.0.0.5 is not among the endpoints of db")) { try ObjectPlan(work, none) }
    }

    // MARK: - Paths

    @Test func pathsAreCompleted() {
        var model = model()
        model.type(":apply ex")
        #expect(model.type(.tab) == [.listPaths("ex")])
        _ = update(&model, .paths(typed: "ex", ["examples/", "docs/"]))
        #expect(model.screen.contains(":apply examples/"))
        #expect(model.type(.tab) == [.listPaths("examples/")])
        // What comes too late is of no use.
        model.type("x")
        _ = update(&model, .paths(typed: "examples/", ["examples/a/"]))
        #expect(model.screen.contains(":apply examples/x"))
        model.type(.escape)
        model.type(":sort ")
        #expect(model.type(.tab).isEmpty)
    }

    // MARK: - Undo

    @Test func whatWasMadeTogetherIsUndoneTogether() throws {
        var model = World.model(100, 40, focus: .entries) { $0.actions = World.together }
        #expect(try World.openUndo(&model).map(\.number) == [3, 2])
        model.type("2")
        let requests = model.type(.enter).applied
        #expect(requests.map(\.undoes) == [3, 2] && requests.allSatisfy { $0.object == nil })
    }
}
